// What only a browser can see of a page. Each function says in words what is wrong; a good page
// gives empty lists. Evaluated inside the page, so that one question brings many answers.
(() => {
  "use strict";
  const AAA = 7;
  const AAA_LARGE = 4.5;
  const BESIDE = 3;
  const TARGET = 44;
  const STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";

  // Elements ---------------------------------------------------------------------------------

  const named = (e) => {
    const name = e.id || e.name || e.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${e.localName} ${name}>`;
  };
  const style = (e, pseudo) => getComputedStyle(e, pseudo);
  const everything = () => [...document.body.querySelectorAll("*")];
  const isForReaders = (e) => e.closest(".kern-sr-only, [aria-hidden=true].kern-sr-only") !== null;
  const isShown = (e) => {
    if (!e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  };
  const stops = () =>
    [...document.querySelectorAll(STOPS)].filter(
      (e) => isShown(e) && e.tabIndex >= 0 && !e.disabled && !isForReaders(e),
    );
  const keyOf = (e) => (e.type === "radio" ? `radio ${e.name}` : e);
  const groups = () => {
    const found = new Map();
    for (const e of stops()) if (!found.has(keyOf(e)) || e.checked) found.set(keyOf(e), e);
    return found;
  };

  // Colours: drawn, because a style sheet may name them in any notation -----------------------

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const drawn = new Map();
  const colour = (text) => {
    if (!drawn.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      drawn.set(text, [r, g, b, a / 255]);
    }
    return drawn.get(text);
  };
  const over = ([r, g, b, a], below) =>
    [r, g, b].map((part, i) => part * a + below[i] * (1 - a)).concat(1);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const s = part / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const ground = () => {
    const scheme = matchMedia("(prefers-color-scheme: dark)").matches;
    const says = style(document.documentElement).colorScheme;
    return scheme && says.includes("dark") ? [18, 18, 18, 1] : [255, 255, 255, 1];
  };
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const layer = colour(style(at).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), ground());
  };
  const opacity = (e) => {
    let product = 1;
    for (let at = e; at; at = at.parentElement) product *= Number(style(at).opacity);
    return product;
  };

  // Contrast ---------------------------------------------------------------------------------

  const wanted = (its) => {
    const size = parseFloat(its.fontSize);
    return size >= 24 || (size >= 18.66 && Number(its.fontWeight) >= 700) ? AAA_LARGE : AAA;
  };
  const faint = (e, its) => {
    const below = behind(e);
    const [r, g, b, a] = colour(its.color);
    const found = ratio(over([r, g, b, a * opacity(e)], below), below);
    return found + 0.005 < wanted(its) ? `${named(e)} has ${found.toFixed(2)}:1` : null;
  };
  const holdsText = (e) =>
    ["INPUT", "TEXTAREA", "SELECT"].includes(e.tagName)
      ? !["radio", "checkbox"].includes(e.type)
      : [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
  const written = (e, pseudo) => {
    const its = style(e, pseudo);
    return /^"[^"]*\p{L}/u.test(its.content) ? its : null;
  };
  const textContrast = () => {
    const wrong = [];
    for (const e of everything()) {
      if (!isShown(e) || isForReaders(e) || e.tagName === "OPTION") continue;
      if (holdsText(e)) wrong.push(faint(e, style(e)));
      for (const its of [written(e, "::before"), written(e, "::after")])
        if (its) wrong.push(faint(e, its));
    }
    return [...new Set(wrong.filter(Boolean))];
  };
  const edge = (e, its) => {
    const around = behind(e.parentElement);
    const widths = ["Top", "Bottom"].map((side) => parseFloat(its[`border${side}Width`]));
    const line = Math.min(...widths) >= 1 ? ratio(over(colour(its.borderBottomColor), around), around) : 1;
    return Math.max(line, ratio(behind(e), around));
  };
  const controlContrast = () =>
    [...document.querySelectorAll("input:not([type=hidden]), textarea, select, button")]
      .filter((e) => isShown(e) && !e.classList.contains("kern-btn--tertiary"))
      .map((e) => [e, edge(e, style(e))])
      .filter(([, found]) => found + 0.005 < BESIDE)
      .map(([e, found]) => `the edge of ${named(e)} has ${found.toFixed(2)}:1`);

  // States: the rules of the style sheets are rewritten so that they hold for every element -------

  const rulesIn = (list) => [...list].flatMap((r) => [r, ...(r.cssRules ? rulesIn(r.cssRules) : [])]);
  const inState = (...states) => {
    const pattern = new RegExp(`:(${states.join("|")})(?![\\w-])`, "g");
    const changed = rulesIn([...document.styleSheets].flatMap((s) => [...s.cssRules]))
      .filter((rule) => rule.selectorText?.match(pattern))
      .map((rule) => [rule, rule.selectorText]);
    for (const [rule, text] of changed)
      rule.selectorText = text.replace(pattern, ":is(*, .any)"); // as specific as the state was
    const wrong = textContrast();
    for (const [rule, text] of changed) rule.selectorText = text;
    return wrong;
  };

  // Focus ------------------------------------------------------------------------------------

  const AROUND = 3; // a choice shows its focus around the whole row
  const near = (e) => {
    const found = [e];
    while (found.length <= AROUND && found.at(-1).parentElement !== document.body)
      found.push(found.at(-1).parentElement);
    return found;
  };
  const look = (e) => {
    const its = style(e);
    return [its.outlineStyle, its.outlineWidth, its.outlineColor, its.boxShadow].join();
  };
  const ring = (e, before) =>
    near(e).some((at) => {
      const its = style(at);
      if (its.outlineStyle === "none" || parseFloat(its.outlineWidth) < 2) return false;
      if (look(at) === before.get(at)) return false;
      const around = behind(at.parentElement ?? at);
      return ratio(over(colour(its.outlineColor), around), around) + 0.005 >= BESIDE;
    });
  const isPartOf = (hit, e) =>
    hit !== null &&
    (e.contains(hit) || [...(e.labels ?? [])].some((l) => l.contains(hit)) || hit.contains(e));
  // A field taller than what is left of the window need not be in view as a whole.
  const covered = (e) => {
    const { left, right, top, bottom } = e.getBoundingClientRect();
    const [first, last] = [Math.max(top, 0), Math.min(bottom, innerHeight)];
    if (last - first < Math.min(TARGET, bottom - top)) return "is not scrolled into view";
    const inset = 2;
    for (const x of [left + inset, (left + right) / 2, right - inset])
      for (const y of [first + inset, (first + last) / 2, last - inset]) {
        const hit = document.elementFromPoint(x, y);
        if (!isPartOf(hit, e)) return `is covered by ${hit ? named(hit) : "nothing"}`;
      }
    return null;
  };
  let trace = null;
  const beginTrace = () => {
    const found = groups();
    const before = new Map();
    document.activeElement?.blur();
    for (const e of found.values()) for (const at of near(e)) before.set(at, look(at));
    trace = { keys: [...found.keys()], visits: [], address: location.href };
    document.addEventListener("focusin", ({ target }) => {
      trace.visits.push({
        key: keyOf(target),
        name: named(target),
        visible: ring(target, before),
        covered: covered(target),
        box: target.getBoundingClientRect(),
        scrolled: scrollY,
      });
    });
    found.values().next().value?.focus();
    trace.visits.length = 0; // by script: only what the keyboard brings is looked at
    return trace.keys.length;
  };
  const isAbove = (a, b) => {
    const [before, after] = [a, b].map(({ box, scrolled }) => ({
      top: box.top + scrolled,
      bottom: box.bottom + scrolled,
      left: box.left,
      right: box.right,
    }));
    const sameColumn = after.left < before.right && before.left < after.right;
    return sameColumn && after.bottom <= before.top + 1;
  };
  const endTrace = () => {
    const { keys, visits, address } = trace;
    const there = visits.slice(0, keys.length - 1);
    const back = visits.slice(keys.length - 1);
    const reach = [];
    const order = [];
    const say = (key) => (typeof key === "string" ? key : named(key));
    const expected = keys.slice(1).concat(keys.slice(0, -1).reverse());
    if (visits.length !== expected.length)
      reach.push(`${visits.length} stops there and back instead of ${expected.length}`);
    expected.forEach((key, i) => {
      if (visits[i] && visits[i].key !== key)
        reach.push(`stop ${i + 1} is ${visits[i].name} instead of ${say(key)}`);
    });
    there.forEach((visit, i) => {
      const next = there[i + 1];
      if (next && isAbove(visit, next)) order.push(`${next.name} comes after ${visit.name} below it`);
    });
    if (location.href !== address) reach.push("the focus led to another page");
    const unseen = [...there, ...back].filter((v) => !v.visible).map((v) => v.name);
    const hidden = [...there, ...back].filter((v) => v.covered).map((v) => `${v.name} ${v.covered}`);
    return {
      reach: reach.slice(0, 3),
      order,
      unseen: [...new Set(unseen)],
      hidden: [...new Set(hidden)],
    };
  };
  const firstFocus = () => {
    const at = document.activeElement;
    const summary = document.getElementById("fehler");
    if (summary) return at === summary ? [] : [`${named(at)} has the focus, not the summary of errors`];
    return at === document.body ? [] : [`${named(at)} has the focus before anybody asked`];
  };

  // Targets ----------------------------------------------------------------------------------

  const isInSentence = (e) => {
    if (e.localName !== "a" || style(e).display !== "inline") return false;
    const around = e.closest("p, li, dd, td, div");
    return around !== null && around.textContent.trim() !== e.textContent.trim();
  };
  const isOwn = (hit, e) =>
    hit !== null && (e.contains(hit) || [...(e.labels ?? [])].some((l) => l.contains(hit)));
  const HALF = TARGET / 2 - 2; // positions are rounded: the drawn size is measured as well
  const OFFSETS = [[-HALF, 0], [-HALF / 2, 0], [HALF / 2, 0], [HALF, 0]];
  const targets = () => {
    const wrong = [];
    document.activeElement?.blur(); // the skip link lies over others while it has the focus
    for (const e of stops()) {
      if (e.matches(".skip-link") || isInSentence(e)) continue;
      e.scrollIntoView({ block: "center" });
      const box = e.getBoundingClientRect();
      const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      const hits = (dx, dy) => isOwn(document.elementFromPoint(x + dx, y + dy), e);
      const small = !e.labels?.length && Math.min(box.width, box.height) < TARGET - 0.5;
      if (small || !OFFSETS.every(([far, none]) => hits(far, none) && hits(none, far)))
        wrong.push(`${named(e)}, drawn ${Math.round(box.width)} by ${Math.round(box.height)} px`);
    }
    scrollTo(0, 0);
    return wrong;
  };

  // Room -------------------------------------------------------------------------------------

  const isCut = (its, axis) => ["hidden", "clip"].includes(its[`overflow${axis}`]);
  const overflow = () => {
    const root = document.documentElement;
    const wrong = [];
    if (root.scrollWidth > root.clientWidth + 1) {
      const outside = everything().filter((e) => {
        const box = e.getBoundingClientRect();
        return isShown(e) && (box.right > root.clientWidth + 1 || box.left < -1);
      });
      wrong.push(`${root.scrollWidth} px wide: ${outside.slice(-2).map(named).join(", ")}`);
    }
    for (const e of everything()) {
      if (!isShown(e) || isForReaders(e) || e.matches("textarea, select, input, option")) continue;
      const its = style(e);
      if (its.display === "inline" || e.clientHeight < 2) continue;
      const x = e.scrollWidth > e.clientWidth + 2;
      const y = e.scrollHeight > e.clientHeight + 2 + parseFloat(its.fontSize) / 10; // tall fonts
      if ((x && isCut(its, "X")) || (y && isCut(its, "Y"))) wrong.push(`${named(e)} is cut off`);
      if ((x || y) && its.overflowY === "visible" && holdsText(e)) wrong.push(`${named(e)} spills over`);
    }
    return wrong;
  };
  const LOWEST = 256; // px: what is left of a window at 400 per cent
  const sticky = () =>
    everything()
      .filter((e) => ["sticky", "fixed"].includes(style(e).position) && isShown(e))
      .map((e) => [e, e.getBoundingClientRect().height])
      .filter(([, height]) => height > LOWEST / 3)
      .map(([e, height]) => `${named(e)} takes ${Math.round(height)} of ${LOWEST} px`);
  const sheet = new CSSStyleSheet();
  const wear = (rules) => {
    sheet.replaceSync(rules);
    if (!document.adoptedStyleSheets.includes(sheet))
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  };
  const spaced = (rules) => {
    wear(rules);
    const wrong = overflow();
    wear("");
    return wrong;
  };
  const SPACING = `* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-block-end: 2em !important }`;
  const ENLARGED = ":root { font-size: 200% !important }";

  // Reading ----------------------------------------------------------------------------------

  const MOST_CHARACTERS = 80;
  const longestLine = (e, its) => {
    const text = e.textContent.trim().replace(/\s+/g, " ");
    canvas.font = `${its.fontWeight} ${its.fontSize} ${its.fontFamily}`;
    const width = e.clientWidth || e.getBoundingClientRect().width;
    const most = (width * text.length) / canvas.measureText(text).width; // about: then count
    if (text.length <= MOST_CHARACTERS || most <= MOST_CHARACTERS) return 0;
    const held = new Map();
    const range = document.createRange();
    const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { data } = walker.currentNode;
      for (let i = 0; i < data.length; i += 1) {
        range.setStart(walker.currentNode, i);
        range.setEnd(walker.currentNode, i + 1);
        const { bottom, width: wide } = range.getBoundingClientRect();
        if (wide === 0) continue; // a mark on a letter, or the space at the end of a line
        const at = Math.round(bottom / 8);
        held.set(at, (held.get(at) ?? 0) + 1);
      }
    }
    return Math.max(...held.values());
  };
  const lines = () => {
    const wrong = [];
    for (const e of document.querySelectorAll("main p, main li, main dd, main .kern-hint, aside p")) {
      if (!isShown(e) || isForReaders(e) || e.querySelector("p, ul, dl")) continue;
      const its = style(e);
      const [size, height] = [its.fontSize, its.lineHeight].map(parseFloat);
      if (height / size < 1.499) wrong.push(`the lines of ${named(e)} are ${height / size} high`);
      if (its.textAlign === "justify") wrong.push(`${named(e)} is justified`);
      const letters = longestLine(e, its);
      if (letters > MOST_CHARACTERS) wrong.push(`the lines of ${named(e)} hold ${letters} letters`);
    }
    return wrong;
  };

  // Direction: the page turned round must be its mirror image ----------------------------------

  const BLOCKS = ["block", "flex", "grid", "list-item", "table", "table-row", "table-cell", "flow-root"];
  const boxes = () =>
    new Map(
      everything()
        .filter((e) => BLOCKS.includes(style(e).display) && isShown(e) && !isForReaders(e))
        .map((e) => {
          const { left, right, width } = e.getBoundingClientRect();
          return [e, { left, right, width, direction: style(e).direction, align: style(e).textAlign }];
        }),
    );
  const mirror = async (address) => {
    const root = document.documentElement;
    const ours = document.querySelector("link[rel=stylesheet]");
    const other = ours.cloneNode();
    const loaded = new Promise((resolve, reject) => {
      other.onload = resolve;
      other.onerror = () => reject(new Error(`${address} is not there`));
    });
    other.href = address;
    other.media = "not all";
    ours.after(other);
    await loaded;
    const mirrored = boxes();
    [root.dir, other.media, ours.media] = ["ltr", "all", "not all"]; // switched off it would reload
    const plain = boxes();
    const width = root.clientWidth;
    other.remove();
    [root.dir, ours.media] = ["rtl", "all"];
    const wrong = [];
    for (const [e, box] of mirrored) {
      const twin = plain.get(e);
      if (!twin || e.closest(".skip-link")) continue;
      const off = Math.abs(box.left - (width - twin.right)) > 1.5 && Math.abs(box.width - twin.width) < 1;
      if (off && !e.parentElement.closest("[dir=ltr], [dir=auto], code"))
        wrong.push(`${named(e)} stays at ${Math.round(box.left)}`);
      if (box.direction === "rtl" && ["left", "-webkit-left"].includes(box.align))
        wrong.push(`the words of ${named(e)} stay left`);
    }
    return wrong.slice(0, 5);
  };

  // What people prefer -------------------------------------------------------------------------

  const motion = () =>
    everything()
      .filter((e) => {
        const its = style(e);
        const long = [its.transitionDuration, its.animationDuration].join().split(",");
        return its.animationName !== "none" || long.some((text) => parseFloat(text) > 0.01);
      })
      .map((e) => `${named(e)} moves`)
      .concat(document.getAnimations().map(() => "an animation runs"));
  const forced = () => {
    const wrong = [];
    for (const e of document.querySelectorAll("input[type=radio], input[type=checkbox]"))
      if (isShown(e) && style(e).appearance === "none") wrong.push(`${named(e)} is not drawn by the system`);
    for (const e of document.querySelectorAll(".kern-btn, input:not([type=hidden]), textarea, select"))
      if (isShown(e) && style(e).appearance === "none" && parseFloat(style(e).borderTopWidth) < 1)
        wrong.push(`${named(e)} has no edge`);
    for (const e of everything())
      if (holdsText(e) && isShown(e) && style(e).forcedColorAdjust === "none")
        wrong.push(`${named(e)} keeps its own colours`);
    return wrong;
  };
  const scheme = (mayBeDark) => {
    const light = luminance(behind(document.body));
    const dark = matchMedia("(prefers-color-scheme: dark)").matches && mayBeDark;
    if (dark) return light < 0.1 ? [] : ["the page stays light where dark is preferred"];
    return light > 0.8 ? [] : ["the page is dark where it must be light"];
  };
  const FRAME = ".exit-bar, .page-header, .page-footer, .staff-header, .help, .kern-btn, nav";
  const print = () => {
    const wrong = [...document.querySelectorAll(FRAME)]
      .filter(isShown)
      .map((e) => `${named(e)} is printed`);
    for (const e of document.querySelectorAll("h1, .code-block, .summary-list, .message"))
      if (!isShown(e)) wrong.push(`${named(e)} is not printed`);
    for (const e of [...document.querySelectorAll("a")].filter(isShown))
      if (!["none", "normal"].includes(style(e, "::after").content)) wrong.push(`${named(e)} prints more`);
    if (luminance(behind(document.body)) < 0.99) wrong.push("the paper is not white");
    return wrong.concat(textContrast(), overflow());
  };
  const parts = () =>
    [...document.querySelectorAll("a[href], button, input, select, textarea, form, summary")].map(
      (e) => `${e.localName} ${e.getAttribute("href") ?? e.id ?? ""} ${e.getAttribute("name") ?? ""}`,
    );

  window.look = {
    beginTrace, controlContrast, endTrace, firstFocus, forced, lines, mirror, motion, overflow,
    parts, print, scheme, sticky, targets, textContrast,
    onHover: () => inState("hover"),
    onReturn: () => inState("visited"),
    onFocus: () => inState("focus", "focus-visible", "focus-within", "active"),
    spaced: () => spaced(SPACING),
    enlarged: () => spaced(ENLARGED),
  };
})();

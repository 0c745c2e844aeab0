// Make the stylesheets: KERN cut down to what the templates use, then the project's own rules.
// Writes style.css, style-rtl.css and plain.css into the folder given; build.py publishes them.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "lightningcss";
import postcss from "postcss";
import { PurgeCSS } from "purgecss";
import rtlcss from "rtlcss";

const here = import.meta.dirname;
const templates = join(here, "../src/adstelle/templates");
const kernFile = join(here, "node_modules/@kern-ux/native/dist/kern.css");
const USED_BY_SCRIPT = "kern-hint kern-sr-only";

async function templateTexts() {
  const files = await readdir(templates, { recursive: true });
  const html = files.filter((file) => file.endsWith(".html")).sort();
  const texts = await Promise.all(html.map((file) => readFile(join(templates, file), "utf8")));
  return texts.map((text) => text.replace(/\{#[\s\S]*?#\}/g, "")).concat(USED_BY_SCRIPT);
}

// "kern-btn--{{ kind }}" stands for every class that begins so and whose last word a template names.
function classNames(texts) {
  const words = new Set(texts.flatMap((text) => text.match(/[\w-]+/g) ?? []));
  const stems = new Set(texts.flatMap((text) => text.match(/[\w-]+(?=\{\{)/g) ?? []));
  const built = [...stems].flatMap((stem) => [...words].map((word) => stem + word));
  return new Set([...words, ...built]);
}

// What PurgeCSS keeps: selectors that need a class or a state no template has, inside :has() for one.
function canMatch(selector, names) {
  const needed = selector.replace(/:not\([^()]*\)/g, "");
  const classes = needed.match(/(?<=\.)kern-[\w-]+/g) ?? [];
  const states = needed.match(/disabled|readonly|data-kern-theme=.?dark|\bselect\b/g) ?? [];
  return classes.every((name) => names.has(name)) && states.every((name) => names.has(name));
}

// Web fonts, and KERN's rules for forced colours: those hide the mark of a chosen answer and its focus
// ring, adstelle.css has its own.
function dropForeign(root, names) {
  root.walkAtRules(/^(charset|font-face)$/, (rule) => rule.remove());
  root.walkAtRules("media", (rule) => {
    if (rule.params.includes("forced-colors")) rule.remove();
  });
  root.walkDecls("forced-color-adjust", (declaration) => declaration.remove());
  root.walkRules((rule) => {
    const kept = rule.selectors.filter((one) => canMatch(one, names));
    if (kept.length) rule.selectors = kept;
    else rule.remove();
  });
}

// A custom property with one value for every theme and width is written out where it is read.
function inlineConstants(root, project) {
  const values = new Map();
  root.walkDecls(/^--/, ({ prop, value, parent }) => {
    const fixed = parent.selector === ":root" && parent.parent === root && !values.has(prop);
    values.set(prop, fixed && !project.includes(`${prop}:`) ? value : null);
  });
  const use = /var\(\s*(--[\w-]+)\s*(?:,[^()]*)?\)/g;
  const written = (text) => text.replace(use, (whole, name) => values.get(name) ?? whole);
  root.walkDecls((declaration) => {
    for (let before = ""; before !== declaration.value; ) {
      before = declaration.value;
      declaration.value = written(before);
    }
  });
}

// Custom properties that nothing reads, keyframes that nothing plays, blocks that are now empty.
function dropUnread(root, others) {
  const read = (text) => text.match(/var\(\s*--[\w-]+/g)?.map((use) => use.replace(/^var\(\s*/, ""));
  for (let dropped = true; dropped; ) {
    dropped = false;
    const used = new Set(read(root.toString() + others));
    root.walkDecls(/^--/, (declaration) => {
      if (used.has(declaration.prop)) return;
      declaration.remove();
      dropped = true;
    });
  }
  const played = new Set();
  root.walkDecls(/^animation/, ({ value }) => value.split(/[\s,]+/).forEach((name) => played.add(name)));
  root.walkAtRules("keyframes", (rule) => played.has(rule.params) || rule.remove());
  root.walkRules((rule) => rule.nodes.length || rule.remove());
  root.walkAtRules("media", (rule) => rule.nodes.length || rule.remove());
}

async function cutKern(project) {
  const texts = await templateTexts();
  const names = classNames(texts);
  const kern = (await readFile(kernFile, "utf8")).replace(/^:is\(body, .*$/m, "body,");
  const [{ css }] = await new PurgeCSS().purge({
    content: [{ raw: texts.join("\n"), extension: "html" }],
    css: [{ raw: kern }],
    defaultExtractor: () => [...names],
  });
  const root = postcss.parse(css);
  root.walkComments((comment) => comment.remove());
  dropForeign(root, names);
  inlineConstants(root, project);
  dropUnread(root, project);
  return root.toString();
}

// In a layer of its own KERN never outweighs the project's rules, however long its selectors are;
// browsers that do not know its colours get the project's rules alone.
function joined(kern, project) {
  return `@supports (color:oklch(0 0 0)){@layer kern{${kern}}}${project}`;
}

function minified(name, css) {
  return transform({ filename: name, code: Buffer.from(css), minify: true }).code;
}

const [folder] = process.argv.slice(2);
const project = await readFile(join(here, "adstelle.css"), "utf8");
const kern = await cutKern(project);
const sheets = {
  "style.css": joined(kern, project),
  "style-rtl.css": joined(rtlcss.process(kern), project),
  "plain.css": project,
};
for (const [name, css] of Object.entries(sheets)) {
  await writeFile(join(folder, name), minified(name, css));
}

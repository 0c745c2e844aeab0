// Extras only: every page is complete without this file.
"use strict";
(() => {
  const exit = document.getElementById("weg");
  const element = (className, attributes = {}) => {
    const made = document.createElement("p");
    made.className = className;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  // Quick exit: empty the page at once; the server ends the session and forgets the draft.
  const leave = () => {
    document.title = exit.dataset.title;
    document.body.className = "left";
    document.body.replaceChildren();
    location.replace(exit.href);
  };

  // Shift three times within five seconds leaves too. A Shift used to type a letter does not count.
  const watchShift = () => {
    const progress = element("exit-progress", { role: "status" });
    exit.after(progress);
    let presses = 0;
    let alone = false;
    let timer = 0;
    const reset = () => {
      presses = 0;
      progress.textContent = "";
    };
    addEventListener("keydown", (event) => {
      if (event.repeat) return;
      alone = event.key === "Shift";
      if (!alone) reset();
    });
    addEventListener("keyup", (event) => {
      if (event.key !== "Shift" || !alone) return;
      presses += 1;
      if (presses === 1) {
        clearTimeout(timer);
        timer = setTimeout(reset, 5000);
      }
      if (presses === 3) leave();
      else progress.textContent = presses === 1 ? exit.dataset.twice : exit.dataset.once;
    });
  };

  // Characters left, when a tenth or less is: shown at once, spoken when the typing pauses, never
  // part of the description.
  const count = (area) => {
    const shown = element("kern-hint counter", { "aria-hidden": "true" });
    const spoken = element("kern-sr-only", { role: "status" });
    area.after(shown, spoken);
    let timer = 0;
    const show = () => {
      const maximum = Number(area.dataset.maximum);
      const left = maximum - [...area.value].length;
      const text = left < 0 ? area.dataset.over : area.dataset.left;
      const lang = document.documentElement.lang;
      const number = Math.abs(left).toLocaleString(lang, { numberingSystem: "latn" });
      shown.textContent = left > maximum / 10 ? "" : text.replace("#", number);
      shown.classList.toggle("counter--over", left < 0);
    };
    area.addEventListener("input", () => {
      show();
      clearTimeout(timer);
      timer = setTimeout(() => (spoken.textContent = shown.textContent), 1000);
    });
    show();
  };

  if (exit) {
    exit.addEventListener("click", (event) => {
      event.preventDefault();
      leave();
    });
    watchShift();
  }
  document.querySelectorAll("textarea[data-maximum]").forEach(count);
  document.getElementById("fehler")?.focus();
})();

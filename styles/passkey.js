// Passkeys cannot be used without a script; where this one does not run, the page's own words stay.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential) return;
  const [said, button] = form.querySelectorAll("[data-with] [role=alert], [data-with] button");
  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const asked = () => {
    const options = JSON.parse(form.dataset.options);
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
    return { publicKey: options };
  };

  const answered = ({ id, rawId, type, response }) => {
    const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
    const given = names.filter((name) => response[name]).map((name) => [name, text(response[name])]);
    return JSON.stringify({ id, rawId: text(rawId), type, response: Object.fromEntries(given) });
  };

  const ask = async () => {
    said.hidden = true;
    button.setAttribute("aria-disabled", "true");
    try {
      form.elements.passkey.value = answered(await navigator.credentials[form.dataset.passkey](asked()));
      form.submit();
    } catch (error) {
      said.textContent = form.dataset[error.name === "InvalidStateError" ? "there" : "failed"];
      said.hidden = false;
      button.removeAttribute("aria-disabled");
    }
  };

  for (const part of form.querySelectorAll("[data-without]")) part.hidden = true;
  for (const part of form.querySelectorAll("[data-with]")) part.hidden = false;
  said.className = "kern-error";
  button.addEventListener("click", (event) => {
    event.preventDefault();
    if (!button.hasAttribute("aria-disabled")) ask();
  });
})();

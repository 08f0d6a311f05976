// On every page: the theme is turned in place, and a form is sent once however often somebody presses.

const root = document.documentElement;

function shown() {
  const chosen = root.dataset.theme;
  if (chosen) return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

for (const link of document.querySelectorAll("[data-turn-theme]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    root.dataset.theme = shown() === "dark" ? "light" : "dark";
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `millet-theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  });
}

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
}

// Whoever signs out takes along what was kept of the wallet for when there is no network.
for (const form of document.querySelectorAll("form[data-leaves]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const forgotten = import("./kept_page.js").then(({ forgetPage }) => forgetPage());
    await forgotten.catch(() => {});
    form.submit();
  });
}

// A page that comes back out of the browser's memory may be sent again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

for (const input of document.querySelectorAll("[data-digits]")) {
  input.addEventListener("input", () => {
    const digits = input.value.replace(/\D/g, "").slice(0, Number(input.dataset.digits));
    if (digits !== input.value) input.value = digits;
  });
}

for (const chip of document.querySelectorAll("[data-fill]")) {
  chip.addEventListener("click", () => {
    const input = document.getElementById(chip.dataset.fills);
    input.value = chip.dataset.fill;
    input.focus();
  });
}

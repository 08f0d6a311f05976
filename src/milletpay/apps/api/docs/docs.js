// Comfort, not need: the page works without it. A search over the calls, and a button to copy each example.
const search = document.querySelector("#search");
const entries = [...document.querySelectorAll("[data-words]")];

function show() {
  const words = search.value.toLowerCase().split(/\s+/);
  let found = 0;
  for (const entry of entries) {
    entry.hidden = !words.every((word) => entry.dataset.words.includes(word));
    found += entry.hidden ? 0 : 1;
  }
  for (const section of document.querySelectorAll("nav section, .chapter")) {
    section.hidden = !section.querySelector("[data-words]:not([hidden])");
  }
  document.querySelector("#nothing").hidden = found > 0;
}

search.hidden = false;
search.addEventListener("input", show);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});

for (const figure of document.querySelectorAll("figure")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(figure.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  figure.append(button);
}

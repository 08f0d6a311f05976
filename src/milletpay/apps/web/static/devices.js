// Among a customer's devices: which of them is this browser.

import { all } from "./phone_store.js";

const mine = new Set((await all().catch(() => [])).map((phone) => phone.device));
for (const device of document.querySelectorAll("[data-device]")) {
  const here = device.querySelector("[data-this]");
  if (here) here.hidden = !mine.has(device.dataset.device);
}

// Scanning: the camera is asked for when somebody presses, read on this device, and let go when they leave.
// Whatever is read goes to the server as if it had been pasted: nothing is opened from here.

const page = document.querySelector("[data-scan]");
const finder = page.querySelector("[data-finder]");
const video = finder.querySelector("video");
const text = page.querySelector("form[data-text]");
const photo = page.querySelector("form[data-photo]");
const SIDE_MAX = 2000;
const EVERY_MS = 150;

let stream = null;
let detector = null;

function say(which) {
  for (const note of page.querySelectorAll("[data-said]")) note.hidden = note.dataset.said !== which;
}

function close() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.srcObject = null;
  finder.classList.remove("open");
  finder.querySelector("[data-aim]").hidden = true;
}

async function look() {
  if (!stream) return;
  let found = [];
  try {
    found = await detector.detect(video);
  } catch {
    // The first pictures of a camera may be none yet.
  }
  if (!stream) return;
  const said = [...new Set(found.map((code) => code.rawValue).filter(Boolean))];
  if (said.length === 0) {
    setTimeout(look, EVERY_MS);
    return;
  }
  close();
  // A line for each: a field that is typed into has but one.
  text.elements.code.type = "hidden";
  text.elements.code.value = said.join("\n");
  text.requestSubmit();
}

async function open() {
  say("");
  try {
    const given = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    close();
    stream = given;
  } catch (error) {
    say(error.name === "NotAllowedError" ? "denied" : "none");
    return;
  }
  video.srcObject = stream;
  finder.classList.add("open");
  finder.querySelector("[data-aim]").hidden = false;
  finder.querySelector("[data-stop]").focus();
  // It plays as soon as there is a picture; nothing waits for that.
  video.play().catch(() => {});
  look();
}

async function begin() {
  if (!("BarcodeDetector" in globalThis) || !navigator.mediaDevices) return;
  const known = await globalThis.BarcodeDetector.getSupportedFormats();
  if (!known.includes("qr_code")) return;
  detector = new globalThis.BarcodeDetector({ formats: ["qr_code"] });
  finder.hidden = false;
  finder.querySelector("[data-open]").addEventListener("click", open);
  finder.querySelector("[data-stop]").addEventListener("click", () => {
    close();
    finder.querySelector("[data-open]").focus();
  });
  // Whoever has allowed it for good need not press: they came to scan.
  const may = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (may?.state === "granted" && !document.hidden) open();
}

addEventListener("pagehide", close);
addEventListener("pageshow", () => { text.elements.code.type = "text"; });
document.addEventListener("visibilitychange", () => { if (document.hidden) close(); });

// A photo is made smaller before it is sent; one that this browser cannot open is sent as it is.
async function small(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height));
  if (scale === 1 && ["image/jpeg", "image/png"].includes(file.type) && file.size < 2e6) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const made = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.9); });
  return new File([made], "photo.jpg", { type: "image/jpeg" });
}

photo.querySelector("[data-send]").hidden = true;
photo.elements.photo.accept = "image/*";
photo.elements.photo.addEventListener("change", async () => {
  const [file] = photo.elements.photo.files;
  if (!file) return;
  photo.querySelector("[data-reading]").hidden = false;
  try {
    const given = new DataTransfer();
    given.items.add(await small(file));
    photo.elements.photo.files = given.files;
  } catch {
    // The server says what is wrong with it.
  }
  photo.requestSubmit();
});

begin();

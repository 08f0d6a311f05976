// Two notes up for yes, two down for no, one for news; made here, so that there is no file to load.

const NOTES = { good: [660, 880], bad: [330, 220], news: [880], wait: [520, 520] };
let sound = null;

/** Sound it, if the browser lets us: none does before somebody has touched the page. */
export function chime(kind) {
  if (!navigator.userActivation.hasBeenActive) return;
  sound ??= new AudioContext();
  if (sound.state === "suspended") sound.resume();
  NOTES[kind].forEach((pitch, index) => {
    const note = sound.createOscillator();
    const loud = sound.createGain();
    const start = sound.currentTime + index * 0.16;
    note.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, start);
    loud.gain.exponentialRampToValueAtTime(0.3, start + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, start + 0.15);
    note.connect(loud).connect(sound.destination);
    note.start(start);
    note.stop(start + 0.16);
  });
}

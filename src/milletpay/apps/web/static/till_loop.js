// The loop of a till, pure: the same as `terminals/till_loop.py`, which says why. A test runs both.

export const ASK_EVERY = 3000;
export const GIVE_UP_AFTER = 45000;

const PASSING = new Set([401, 408, 425, 429]);
const STANDS_IN_THE_WAY = new Set(["reference_used", "idempotency_key_reused"]);
const PAID = new Set(["succeeded", "authorized"]);
const UNDONE = new Set(["reversed", "canceled", "expired"]);
const STEPS = { paying: "pay", asking: "ask", reversing: "reverse" };

export function begin({ reference, key, body, now, patience = GIVE_UP_AFTER }) {
  return {
    reference, key, body, begun_at: now, give_up_at: now + patience, next_at: now,
    phase: "paying", sent: 0, end: null,
  };
}

export function resumed(attempt, { now }) {
  if (attempt.phase === "ended") return attempt;
  const patience = Math.max(0, Math.min(attempt.give_up_at, now + GIVE_UP_AFTER) - now);
  const phase = attempt.phase === "paying" ? "asking" : attempt.phase;
  return { ...attempt, phase, give_up_at: now + patience, next_at: now, sent: attempt.sent + 1 };
}

export function givenUp(attempt, { now }) {
  if (attempt.phase === "reversing" || attempt.phase === "ended") return attempt;
  return { ...attempt, phase: "reversing", next_at: now };
}

export function ticked(attempt, { now }) {
  return now >= attempt.give_up_at ? givenUp(attempt, { now }) : attempt;
}

export function nextStep(attempt, { now }) {
  if (attempt.phase === "ended") return "stop";
  return now < attempt.next_at ? "wait" : STEPS[attempt.phase];
}

export function sending(attempt, step, { now }) {
  const later = { ...attempt, next_at: now + ASK_EVERY };
  return step === "pay" ? { ...later, sent: attempt.sent + 1 } : later;
}

export function answered(attempt, step, said) {
  if (attempt.phase === "ended") return attempt;
  if (step === "reverse") return reversalAnswered(attempt, said);
  if (attempt.phase === "reversing") return attempt;
  if (step === "pay") attempt = { ...attempt, sent: attempt.sent - 1 };
  const known = endOf(said.payment);
  if (known !== null) return ended(attempt, known);
  if (said.payment !== null) return { ...attempt, phase: "asking" };
  if (step === "pay" && STANDS_IN_THE_WAY.has(said.code)) return ended(attempt, "refused");
  const passing = said.status >= 500 || PASSING.has(said.status) || said.code === "request_under_way";
  if (step === "ask" || passing) return attempt;
  return attempt.sent <= 0 ? ended(attempt, "refused") : { ...attempt, phase: "asking" };
}

function reversalAnswered(attempt, said) {
  if (said.status === 200) return ended(attempt, said.payment === "failed" ? "declined" : "undone");
  return said.code === "too_late_to_reverse" ? ended(attempt, "paid") : attempt;
}

function endOf(payment) {
  if (PAID.has(payment)) return "paid";
  if (UNDONE.has(payment)) return "undone";
  return payment === "failed" ? "declined" : null;
}

function ended(attempt, end) {
  return { ...attempt, phase: "ended", end };
}

// What an answer of the API tells of a payment.
export function said(status, told) {
  let payment = told.object === "payment" ? told : (told.payment ?? null);
  if (told.object === "list") payment = told.data[0] ?? null;
  const known = payment !== null && typeof payment === "object";
  return { status, payment: known ? payment.status : null, code: told.code ?? "" };
}

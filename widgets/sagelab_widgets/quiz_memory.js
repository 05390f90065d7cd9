// What this browser remembers of a quiz: answers that no kernel has saved, and those that it has, for a visit
// in which nothing is run. Each question has an entry of its own, so that two tabs never write over one another.

const PREFIX = "sagelab";

/** Moments in ISO 8601 to the millisecond; the browser and Python write the same signs that far. */
const moment = (entry) => (entry?.at ?? "").slice(0, 23);
const same = (one, other) => JSON.stringify(one?.answer) === JSON.stringify(other?.answer);

/** What is remembered under a quiz's place; without one, or where the browser forbids it, for this visit only. */
export function memory(place) {
  const key = (question) => `${PREFIX}:${place}:${question}`;
  const here = new Map();

  /** Run what touches the browser's memory, which may be forbidden or full. */
  function attempt(action) {
    if (!place) return undefined;
    try {
      return action(window.localStorage);
    } catch {
      return undefined;
    }
  }

  function read(question) {
    const [text, ours] = [attempt((store) => store.getItem(key(question))), here.get(question)];
    const kept = attempt(() => JSON.parse(text));
    const sound = kept && typeof kept.at === "string" && "answer" in kept;
    return sound && moment(kept) >= moment(ours) ? kept : ours;
  }

  return {
    read,
    /** Remember an entry, unless a later one is there; `saved` when answers.json has it. Says whether it lasts. */
    write(question, { answer, checked, at }, saved) {
      if (moment(read(question)) > moment({ at })) return Boolean(place);
      const entry = { answer, checked, at, saved };
      here.set(question, entry);
      return Boolean(attempt((store) => (store.setItem(key(question), JSON.stringify(entry)), true)));
    },
    /** Call back when another tab remembers something; returns the function that stops it. */
    watch(callback) {
      const heard = (event) => place && event.key?.startsWith(key("")) && callback();
      window.addEventListener("storage", heard);
      return () => window.removeEventListener("storage", heard);
    },
  };
}

/** The moment of a new answer: now, and never before the answer that it replaces, whatever the clocks say. */
export function now(entry) {
  const next = entry?.at ? Date.parse(entry.at) + 1 : 0;
  return new Date(Math.max(Date.now(), next || 0)).toISOString();
}

/** Answers that the browser remembers and that are later than the quiz's own; and those that a later one beat. */
export function remembered(store, questions, answers) {
  const [later, beaten] = [{}, []];
  for (const { id } of questions) {
    const [mine, theirs] = [store.read(id), answers[id]];
    if (!mine || (theirs && same(mine, theirs) && mine.checked === theirs.checked)) continue;
    if (!theirs || moment(mine) > moment(theirs))
      later[id] = { answer: mine.answer, checked: mine.checked === true, at: mine.at };
    else if (!mine.saved && !same(mine, theirs)) beaten.push(id);
  }
  return { later, beaten };
}

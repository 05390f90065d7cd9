// What this browser remembers of a quiz: answers that no kernel has saved, and those that it has, for a visit
// in which nothing is run. Each question has an entry of its own, so that two tabs never write over one another.

const PREFIX = "sagelab";

/** Moments in ISO 8601 to the millisecond; the browser and Python write the same signs that far. */
const moment = (entry) => (entry?.at ?? "").slice(0, 23);
const same = (one, other) => JSON.stringify(one?.answer) === JSON.stringify(other?.answer);

/** The place of a quiz in the browser's memory; without a name, or where the browser allows none, it is empty. */
export function memory(place) {
  const key = (question) => `${PREFIX}:${place}:${question}`;

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
    return attempt((store) => {
      const entry = JSON.parse(store.getItem(key(question)));
      return entry && typeof entry.at === "string" && "answer" in entry ? entry : undefined;
    });
  }

  return {
    read,
    /** Remember an entry, unless a later one is there; `saved` when answers.json has it. Says whether one is kept. */
    write(question, { answer, checked, at }, saved) {
      return Boolean(
        attempt((store) => {
          if (moment(read(question)) > moment({ at })) return true;
          store.setItem(key(question), JSON.stringify({ answer, checked, at, saved }));
          return true;
        }),
      );
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

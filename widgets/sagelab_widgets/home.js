// The home page: what to do next, every lesson with how far the learner is, and progress that travels in a file.
import { frame, h, unique, watch } from "./base.js";
import { isLive, rouse } from "./rouse.js";
import { drawLessons, drawNext, drawPractice, drawReadiness } from "./home_parts.js";
import { translator } from "./words.js";

const DISCONNECTED = ".jupyter-widgets-disconnected"; // what ipywidgets marks with a broken link
const PATIENCE = 4000; // milliseconds until we say that no kernel answers

/** Hand bytes to the browser as a download. */
function download(name, bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/json" }));
  const anchor = h("a", { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** What Python did last, in words. */
function outcome(said, { t, tn }) {
  if (said.kind === "saved") {
    return t("Saved as {name} among your downloads. Drop it here, now or in another session, to bring it back.", said);
  }
  if (said.kind !== "restored") return "";
  if (!(said.exercises || said.answers || said.reviews)) {
    return [t("Restored. The file held nothing that was not here already."), said.note].join(" ").trim();
  }
  const counts = [
    tn(said.exercises, "{count} exercise", "{count} exercises"),
    tn(said.answers, "{count} quiz answer", "{count} quiz answers"),
    tn(said.reviews, "{count} card review", "{count} card reviews"),
  ];
  return [t("Restored. New here: {what}.", { what: counts.join(", ") }), said.note].join(" ").trim();
}

class View {
  constructor(model, el, become) {
    this.model = model;
    this.become = become;
    this.words = translator(model);
    const { t } = this.words;
    this.root = frame("home", t("Sagelab home"));
    this.next = h("div", { class: "sl-next" });
    this.status = h("p", { class: "sl-told", role: "status" });
    this.damage = h("p", { class: "sl-damage", role: "alert" });
    this.asleep = h("div", { class: "sl-asleep", role: "status" });
    this.lessons = h("div");
    this.practice = h("div", { class: "sl-practice" });
    this.readiness = h("div");
    this.root.append(
      this.damage,
      h("div", { class: "sl-top" }, this.next, this.buildCarry()),
      this.asleep,
      this.status,
      this.lessons,
      this.practice,
      this.readiness,
    );
    el.append(this.root);
    this.stops = [
      watch(model, ["state"], () => this.draw()),
      watch(model, ["said", "note"], () => this.tell()),
      watch(model, ["live"], () => this.wake()),
      this.onMessage(),
      this.whenSeen(),
      () => clearTimeout(this.timer),
    ];
    this.draw();
    this.tell();
    isLive(model).then((live) => live || this.sleep({ do: "refresh" }));
  }

  /** The save button, and the place where a saved file is dropped or chosen. */
  buildCarry() {
    const { t } = this.words;
    const id = unique("file");
    const choose = h("input", {
      type: "file",
      id,
      class: "sl-choose",
      accept: ".json,application/json",
      onchange: () => {
        this.take(choose.files);
        choose.value = "";
      },
    });
    const save = h(
      "button",
      { type: "button", class: "sl-button sl-primary", "data-key": "save", onclick: () => this.ask({ do: "save" }) },
      t("Save my progress"),
    );
    const place = h(
      "div",
      { class: "sl-drop", role: "group", "aria-label": t("Take progress along") },
      h("div", { class: "sl-carry" }, save, choose, h("label", { for: id, class: "sl-button" }, t("Restore from a file"))),
      h(
        "p",
        { class: "sl-label" },
        t("Saving gives you one file. Drop it anywhere on this page to bring it back; nothing that you did since is lost."),
      ),
    );
    this.takeDrops();
    return place;
  }

  takeDrops() {
    const files = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
    this.root.addEventListener("dragover", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      event.stopPropagation();
      this.root.dataset.dropping = "yes";
    });
    this.root.addEventListener("dragleave", (event) => {
      if (!this.root.contains(event.relatedTarget)) delete this.root.dataset.dropping;
    });
    this.root.addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      event.stopPropagation();
      delete this.root.dataset.dropping;
      this.take(event.dataTransfer.files);
    });
  }

  /** Send one chosen file to Python, which checks it. */
  async take(files) {
    const { t } = this.words;
    if (!files.length) return;
    if (files.length > 1) return this.say(t("Drop one file; it holds everything."));
    const [file] = files;
    const most = this.model.get("most_bytes");
    if (file.size > most) {
      const mb = most / 1e6;
      return this.say(t("{name} is larger than {mb} MB, as no saved progress is.", { name: file.name, mb }));
    }
    try {
      this.ask({ do: "restore" }, [await file.arrayBuffer()]);
    } catch {
      this.say(t("{name} cannot be read; choose a file, not a folder.", { name: file.name }));
    }
  }

  ask(wish, buffers = []) {
    if (wish.do !== "refresh") this.say(this.words.t("One moment …"));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sleep(wish, buffers), PATIENCE);
    try {
      this.model.send(wish, undefined, buffers);
    } catch {
      this.sleep(wish, buffers); // the kernel has ended
    }
  }

  say(words) {
    delete this.status.dataset.kind;
    this.status.textContent = words;
  }

  /** No answer came: ask the notebook's kernel to make this page live; where none does, say what cannot be done. */
  async sleep(wish, buffers) {
    const { t } = this.words;
    clearTimeout(this.timer);
    if (this.rousing) return;
    this.rousing = true;
    delete this.root.dataset.live;
    const live = await rouse(this.model, `from sagelab_widgets import Home\n_ = Home(place="${this.model.get("place")}")`);
    this.rousing = false;
    if (live) return this.become(live).ask(wish, buffers);
    if (wish.do !== "refresh") this.say(t("Nothing was done: no kernel answers."));
    const at = new Date(this.model.get("state").at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    this.asleep.replaceChildren(
      h("strong", {}, t("This is how things stood at {at}.", { at })),
      " ",
      t("Lessons open all the same. To save, to restore, and to see what is new, this page needs a kernel: choose Restart Kernel in the menu Kernel, then run the cell above."),
    );
  }

  wake() {
    clearTimeout(this.timer);
    this.root.dataset.live = "yes";
    this.asleep.replaceChildren();
    if (this.status.textContent === this.words.t("One moment …")) this.tell();
  }

  /** Show what Python said last; a fault first. */
  tell() {
    const note = this.model.get("note");
    this.status.dataset.kind = note ? "fault" : "done";
    this.status.textContent = note || outcome(this.model.get("said"), this.words);
  }

  onMessage() {
    const take = (content, buffers) => {
      if (content?.do === "file" && buffers?.length) download(String(content.name), buffers[0]);
    };
    this.model.on("msg:custom", take);
    return () => this.model.off("msg:custom", take);
  }

  /** Ask for news whenever the page comes back into sight. */
  whenSeen() {
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && this.ask({ do: "refresh" }));
    observer.observe(this.root);
    return () => observer.disconnect();
  }

  draw() {
    const state = this.model.get("state");
    const key = document.activeElement?.dataset?.key;
    this.damage.textContent = state.note;
    this.next.replaceChildren(...drawNext(state, this.words));
    this.lessons.replaceChildren(...drawLessons(state, this.words));
    this.practice.replaceChildren(...drawPractice(state, this.words));
    this.readiness.replaceChildren(...drawReadiness(state, this.words));
    if (key) this.focus(key);
  }

  focus(key) {
    [...this.root.querySelectorAll("[data-key]")].find((node) => node.dataset.key === key)?.focus();
  }
}

function render({ model, el }) {
  let view;
  const become = (live) => {
    const key = document.activeElement?.dataset?.key;
    view?.stops.forEach((stop) => stop());
    view?.root.remove();
    view = new View(live, el, become);
    if (live !== model) el.closest(DISCONNECTED)?.classList.remove(DISCONNECTED.slice(1));
    if (key) view.focus(key);
    return view;
  };
  become(model);
  return () => view.stops.forEach((stop) => stop());
}
export default { render };

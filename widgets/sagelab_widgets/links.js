// Links to the notebooks beside this one.
import { h } from "./base.js";

const IN_LAB = /\/(?:lab|doc)(?:\/workspaces\/[^/]+)?\/tree\/(.*)$/;

/** A link to a notebook of this folder; JupyterLab opens it in a tab of its own, others follow the address. */
export function notebookLink(file, attributes, ...words) {
  const link = h("a", { href: encodeURI(file), ...attributes }, words);
  link.addEventListener("click", (event) => {
    const here = decodeURIComponent(location.pathname).match(IN_LAB);
    const other = event.ctrlKey || event.metaKey || event.shiftKey;
    delete link.dataset.commandlinkerCommand;
    if (!here || other) return;
    const path = [...here[1].split("/").slice(0, -1), file].join("/");
    link.dataset.commandlinkerCommand = "docmanager:open";
    link.dataset.commandlinkerArgs = JSON.stringify({ path });
  });
  return link;
}

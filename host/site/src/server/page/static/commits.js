// What becomes of transactions: held back, released, lost, late by chance.

import { h, post, setText } from "./dom.js";
import { ids, plural } from "./format.js";
import { listen, live, state } from "./live.js";

const RANGES_SHOWN = 40;

export function commits(main) {
  listen(null);
  const answer = h("p", { role: "status", class: "answer" });
  const send = async (order, done) => {
    try {
      await post("/cuebox/commits", order);
      answer.className = "answer";
      setText(answer, done);
    } catch (error) {
      answer.className = "problem";
      setText(answer, error.message);
    }
  };
  const button = (label, order, done, why) => h("div", { class: "act" }, h("button", { type: "button", onclick: () => send(order, done) }, label), h("span", { class: "none" }, why));
  const mode = h("p", { class: "mode" });
  const held = h("p", { class: "held-ids number" });
  const dropped = lossy("Drop", "Lose them for ever?", () => send("drop", "The events that were held are lost; what their writes changed stays."));
  main.append(h("h1", {}, "Commits"),
    h("p", { class: "none" }, "Every write takes its event ids at once. Its events can be seen once its transaction is committed: at once, later, or never."),
    h("section", { class: "panel" }, h("h2", {}, "Transactions"), mode, held,
      h("div", { class: "acts" },
        button("Hold", "hold", "Events of later writes stay hidden.", "keep the events of later writes hidden"),
        button("Pass", "pass", "Events of later writes show at once.", "let later writes show at once; what is held stays held"),
        button("Release", "release", "The events that were held can be seen.", "show the events that are held"),
        h("div", { class: "act" }, dropped, h("span", { class: "none" }, "never show the events that are held"))),
      answer),
    h("section", { class: "panel" }, h("h2", {}, "Ids that nobody takes"), skipForm(send)),
    h("section", { class: "panel" }, h("h2", {}, "By chance"), policyForm(send)));
  const show = () => {
    const status = state();
    if (!status) return;
    setText(mode, status.holding ? "Holding: the events of new writes stay hidden." : "Passing: the events of new writes show at once.");
    mode.classList.toggle("held", status.holding);
    setText(held, waitingText(status.events));
  };
  live.addEventListener("status", show);
  show();
  return () => live.removeEventListener("status", show);
}

function waitingText({ waiting, waiting_ids }) {
  if (waiting === 0) return "No event is held back.";
  const shown = waiting_ids.slice(0, RANGES_SHOWN).map(([from, to]) => ids(from, to)).join(", ");
  return `${plural(waiting, "event is", "events are")} held back: ${shown}${waiting_ids.length > RANGES_SHOWN ? ", …" : ""}`;
}

/** A button for what cannot be taken back: it asks once. */
function lossy(label, question, act) {
  let asked = 0;
  const button = h("button", { type: "button", class: "danger", onclick: () => {
    clearTimeout(asked);
    if (asked) {
      asked = 0;
      setText(button, label);
      return act();
    }
    setText(button, question);
    asked = setTimeout(() => { asked = 0; setText(button, label); }, 4000);
  }, onblur: () => { clearTimeout(asked); asked = 0; setText(button, label); } }, label);
  return button;
}

const numeric = (name, text, value) => h("label", {}, h("span", {}, text), h("input", { name, value, inputmode: "decimal", required: true, autocomplete: "off" }));

function skipForm(send) {
  const form = h("form", { class: "rule-form", onsubmit: (event) => {
    event.preventDefault();
    const count = Number(form.elements.count.value);
    send({ skip: count }, `${plural(count, "id is", "ids are")} missing from the log for ever.`);
  } }, h("div", { class: "row" }, numeric("count", "How many", "3"), h("button", { type: "submit" }, "Skip ids")));
  return form;
}

function policyForm(send) {
  const form = h("form", { class: "rule-form", onsubmit: (event) => {
    event.preventDefault();
    const value = (name) => Number(form.elements[name].value);
    send({ policy: { late: value("late"), late_by_ms: [value("least"), value("most")], missing: value("missing"), seed: value("seed") } }, "Later transactions follow this.");
  } }, h("div", { class: "row" }, numeric("late", "Late (0–1)", "0.2"), numeric("least", "at least, ms", "100"), numeric("most", "at most, ms", "3000"),
    numeric("missing", "Ids missing (0–1)", "0.05"), numeric("seed", "Seed", "1"), h("button", { type: "submit" }, "Follow this")),
  h("p", { class: "none" }, "0 and 0 end it: all shows at once, and no id is missing."));
  return form;
}

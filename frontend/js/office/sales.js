/** New enrollments, paused and resumed: of one course, or of the whole school. */

import { announce, el, showNotice, t } from "../ui.js";
import { field, input, order, panel } from "./parts.js";

/**
 * A panel that says how it stands and offers the contrary. `open` and `shut` are what it says; `sell(closed, reason)` makes
 * the change and gives the sentence to show beside the button, if it is not shown elsewhere.
 */
export function salesPanel({ title, closed, open, shut, testid = "sales", sell }) {
  const state = el("p", { class: "note" });
  const draw = () => state.replaceChildren(closed ? shut : open);
  draw();
  return panel(title, state, order({
    label: () => t(closed ? "office.reopen" : "office.close"),
    busy: t("office.sending"),
    quiet: true,
    testid,
    fields: field(t("office.reasonField"), input(`${testid}-reason`, { required: true, maxlength: "500" }), t("office.reasonHint")),
    send: async (form, message) => {
      const text = await sell(!closed, form.elements[`${testid}-reason`].value.trim());
      closed = !closed;
      draw();
      form.reset();
      if (!text) return;
      showNotice(message, { tone: "good", text });
      announce(text);
    },
  }));
}

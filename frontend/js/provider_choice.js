/** How to pay: the payment providers that the school offers, and the way to one that has a page of its own. */

import { isOwnPage } from "./logic/providers.js";
import { el, t } from "./ui.js";

/**
 * Puts the choice before `mountPoint`, with `chosen` selected, and calls `onChange(name)` when the student chooses
 * another. Returns `{disable(isDisabled)}`; shows nothing where there is nothing to choose.
 */
export function mountChoice(mountPoint, names, chosen, onChange) {
  if (names.length < 2) return { disable: () => {} };
  const options = names.map((name) => {
    const input = el("input", { type: "radio", name: "provider", value: name, "data-testid": `provider-${name}` });
    input.checked = name === chosen;
    input.addEventListener("change", () => onChange(name));
    return el("label", { class: "provider" }, input, el("span", {}, t(`checkout.provider.${name}`)));
  });
  const group = el("fieldset", { class: "providers", "data-testid": "providers" },
    el("legend", { class: "label" }, t("checkout.provider")), ...options);
  mountPoint.before(group);
  return { disable: (isDisabled) => group.toggleAttribute("disabled", isDisabled) };
}

/** What stands in place of a form: the way to the provider's own page for `answer`, from POST /api/enrollments. */
export function pageLink({ provider, redirectUrl }) {
  if (!isOwnPage(redirectUrl)) throw new TypeError("The provider's page is not one to send a student to.");
  return el("div", { class: "provider-page", "data-testid": "provider-page" },
    el("p", {}, t(`checkout.provider.${provider}.text`)),
    el("a", { class: "button", href: redirectUrl, "data-testid": "provider-go" }, t(`checkout.provider.${provider}.go`)));
}

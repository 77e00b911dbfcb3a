/* As much of Stripe.js as the checkout page may rely on: one form at a time, destroyed before the next. */
window.Stripe = function Stripe(publishableKey) {
  let open = null;
  return {
    async createEmbeddedCheckoutPage({ fetchClientSecret }) {
      if (open) throw new Error("You cannot have multiple Embedded Checkout objects.");
      const form = { publishableKey };
      open = form;
      const secret = await fetchClientSecret();
      return {
        mount(place) {
          form.element = document.createElement("p");
          form.element.className = "fake-form";
          form.element.textContent = `Form for ${secret}`;
          place.append(form.element);
        },
        destroy() {
          form.element?.remove();
          open = null;
        },
      };
    },
  };
};

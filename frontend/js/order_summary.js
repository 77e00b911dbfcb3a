/** The order beside the payment form: course, price, discount, total. */

import { summaryOf } from "./logic/checkout.js";
import { factsOf, pictureOf } from "./logic/courses.js";
import { formatPrice } from "./logic/money.js";
import { drawCover, setText, slot } from "./ui.js";

/** Shows the course with its list price; the amounts of the checkout follow with `showAmounts`. */
export function showCourse(summary, course, { settings, locale }) {
  drawCover(slot(summary, "cover"), course.courseId, { pictureUrl: pictureOf(course) });
  setText(summary, "course-name", course.name);
  setText(summary, "course-facts", factsOf(course).join(" · "));
  if (course.price !== undefined && course.price !== null) {
    const price = formatPrice(course.price, course.currency ?? settings.currency, locale);
    showLines(summary, { price, discount: null, total: price });
  }
  slot(summary, "loading").hidden = true;
  slot(summary, "order").hidden = false;
}

/** Shows what the checkout really charges: {amount, discountAmount, finalAmount?, currency}. */
export function showAmounts(summary, amounts, { locale }) {
  showLines(summary, summaryOf(amounts, locale));
}

function showLines(summary, { price, discount, total }) {
  setText(summary, "price", price);
  setText(summary, "discount", discount);
  slot(summary, "discount-line").hidden = discount === null;
  setText(summary, "total", total);
}

/**
 * A curriculum as lines of text and back: "# Title of a part", and under it a line for each lesson, "Title | minutes |
 * id". Minutes and id may be left out; an id is made of the title then, and stays from there on.
 */

const LONGEST_ID = 64;
const MOST_MINUTES = 100_000;

/** The lines of modules as `curriculumOf` gives them. */
export function textOfCurriculum(modules) {
  const plain = (text) => text.replace(/\s+/g, " ").trim();
  const line = ({ title, minutes, lessonId }) => [plain(title), minutes ?? "", lessonId].join(" | ").replace(" |  | ", " | | ");
  return modules
    .map(({ title, lessons }) => [...(title || modules.length > 1 ? [`# ${plain(title)}`] : []), ...lessons.map(line)].join("\n"))
    .join("\n\n");
}

/**
 * What the lines say, as the API takes it: `{curriculum: [{title, lessons: [{title, lessonId, minutes}]}], problem}`;
 * `problem` is null or `{kind, line}`: no title, minutes that are no number, an id that is none or is there twice.
 */
export function curriculumOfText(text) {
  const curriculum = [];
  const unnamed = [];
  const ids = new Set();
  let problem = null;
  const fail = (kind, line) => {
    problem ??= { kind, line };
  };
  for (const [number, raw] of String(text).split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (!line) continue;
    if (line.startsWith("#")) {
      curriculum.push({ title: line.replace(/^#+\s*/, ""), lessons: [] });
      continue;
    }
    if (curriculum.length === 0) curriculum.push({ title: "", lessons: [] });
    const [title, typed = "", lessonId = "", ...rest] = line.split("|").map((part) => part.trim());
    const lesson = { title, lessonId };
    if (!title || title.length > 200) fail("title", number + 1);
    if (typed && !/^\d{1,6}([.,]\d{1,2})?$/.test(typed)) fail("minutes", number + 1);
    else if (typed) lesson.minutes = Number(typed.replace(",", "."));
    if (lesson.minutes > MOST_MINUTES) fail("minutes", number + 1);
    if (rest.length > 0 || lessonId.length > LONGEST_ID) fail("id", number + 1);
    else if (lessonId && ids.has(lessonId)) fail("twice", number + 1);
    if (lessonId) ids.add(lessonId);
    else unnamed.push(lesson);
    curriculum.at(-1).lessons.push(lesson);
  }
  for (const lesson of unnamed) {
    lesson.lessonId = newId(lesson.title, ids);
    ids.add(lesson.lessonId);
  }
  return { curriculum, problem };
}

/** The curriculum of a course as somebody saw it, for the API to compare. */
export function seenCurriculum({ curriculum = [] }) {
  return curriculum.map(({ title, lessons }) => ({
    title,
    lessons: lessons.map(({ title: name, lessonId, minutes }) => ({ title: name, lessonId, ...(minutes !== undefined && { minutes }) })),
  }));
}

function newId(title, ids) {
  const plain = title.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const start = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40) || "lesson";
  let found = start;
  for (let number = 2; ids.has(found); number += 1) found = `${start}-${number}`;
  return found;
}

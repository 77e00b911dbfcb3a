"""One session for all tabs, and the control that a page's complaints are heard."""

from __future__ import annotations

from tests.browsers.remote import Remote
from tests.browsers.visitor import Target, Visitor
from tests.support.stack.running_stack import FREE, LiveSchool


def test_who_signs_out_in_one_tab_is_out_in_the_others(visitor: Visitor, school: LiveSchool) -> None:
    """A page for students asks to sign in; one for everybody is a stranger's again."""
    visitor.sign_in(school.user("Tilda Tabs"))
    courses = visitor.new_tab()
    visitor.open("dashboard.html")
    visitor.see(Target('[data-slot="initials"]:not(:empty)'))
    course = visitor.new_tab()
    visitor.open(f"course.html?id={FREE}")
    visitor.see(Target('[data-slot="initials"]:not(:empty)'))
    visitor.front(0)
    visitor.sign_out()
    visitor.front(courses)
    visitor.at("signin.html?next=dashboard.html")
    visitor.see("signin-email")
    visitor.front(course)
    visitor.see(Target("a.for-guest"))
    visitor.see(f"enroll-{FREE}")


def test_what_a_page_complains_of_is_heard(remote: Remote, school: LiveSchool) -> None:
    """Control: what it says in the console, and an error that nobody caught, in whichever tab."""
    remote.do("fresh", 1200)
    someone = Visitor(remote, school.stack.web_url)
    someone.open("index.html")
    someone.new_tab()
    someone.open("404.html")
    someone.complain("A page went wrong.")
    someone.front(0)
    someone.open("index.html")
    heard = [problem for problem in someone.problems() if "A page went wrong." in problem]
    assert len([problem for problem in heard if problem.startswith("/404.html")]) == 2

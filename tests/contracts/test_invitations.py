"""Invitations, in memory and in DynamoDB."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from domain.errors import ChangedMeanwhile, InvalidValue
from domain.invitations import Invitation, Invitee
from domain.paging import Page, every_page
from domain.transactions.writes import SaveInvitation
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, a_course

SAM = Invitee.owner_of("sam@example.com")


def invitation(storage: Backend, invitee: Invitee = SAM, **more: object) -> Invitation:
    """Somebody is invited to course-1."""
    given: dict[str, object] = {
        "course_id": "course-1",
        "invitation_id": storage.invitations.id_of(invitee),
        "hint": invitee.hint,
        "user_id": invitee.user_id,
        "invited_by": "admin-1",
        "invited_at": NOW,
        "expires_at": NOW + timedelta(days=7),
    }
    return Invitation(**(given | more))  # type: ignore[arg-type]


def test_an_invitation_is_found_by_whom_it_is_for(storage: Backend) -> None:
    """One request for several people; what does not exist is left out."""
    mine, hers = invitation(storage), invitation(storage, Invitee(user_id="user-2"))
    storage.commit(SaveInvitation(mine))
    storage.commit(SaveInvitation(hers))
    ids = [storage.invitations.id_of(each) for each in (SAM, Invitee(user_id="user-2"), Invitee(user_id="user-3"))]
    assert set(storage.invitations.find("course-1", ids)) == {mine, hers}
    assert storage.invitations.find("course-2", ids) == ()
    assert storage.invitations.find("course-1", []) == ()
    assert storage.invitations.find("course-1", ["no#id"]) == ()


def test_a_course_lists_its_own(storage: Backend) -> None:
    """The newest first."""
    old = invitation(storage, Invitee(user_id="user-2"), expires_at=None)
    new = invitation(storage, invited_at=NOW + timedelta(hours=1))
    for one in (old, new, invitation(storage, course_id="course-2")):
        storage.commit(SaveInvitation(one))
    assert storage.invitations.of_course("course-1", limit=10, cursor=None) == Page((new, old), None)
    assert storage.invitations.of_course("no#id", limit=10, cursor=None) == Page((), None)


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 100])
def test_a_courses_invitations_come_page_by_page(storage: Backend, limit: int) -> None:
    """However large a page, each is shown once, the newest of a page first, and none of another course."""
    made = [
        invitation(storage, Invitee(user_id=f"user-{n}"), invited_at=NOW + timedelta(hours=n % 3)) for n in range(5)
    ]
    for one in made:
        storage.commit(SaveInvitation(one))
        storage.commit(SaveInvitation(evolve(one, course_id="course-10")))
    storage.keep_course(a_course())
    pages = list(every_page(lambda at: storage.invitations.of_course("course-1", limit=limit, cursor=at)))
    assert [len(page.entries) for page in pages] == [min(limit, 5 - start) for start in range(0, 5, limit)]
    for page in pages:
        times = [one.invited_at for one in page.entries]
        assert times == sorted(times, reverse=True)
    assert sorted((one for page in pages for one in page.entries), key=lambda one: one.hint) == made


@pytest.mark.parametrize("cursor", ["", "%", "Yx", "dXNlciMx", "a b", "é", "after:", "after:a#b", "#"])
def test_a_cursor_of_somebody_elses_making_leads_to_no_invitations(storage: Backend, cursor: str) -> None:
    """A cursor that no page gave is an invalid value, whatever the course."""
    for course_id in ("course-1", "course-1#"):
        with pytest.raises(InvalidValue):
            storage.invitations.of_course(course_id, limit=10, cursor=cursor)


def test_an_invitation_changes_only_as_it_was_read(storage: Backend) -> None:
    """A new one where there is none; the next state of the one that was read."""
    first = invitation(storage)
    storage.commit(SaveInvitation(first))
    assert isinstance(storage.conflicts(SaveInvitation(first))[0], ChangedMeanwhile)

    used = first.used("user-1", NOW)
    storage.commit(SaveInvitation(used, first))
    assert isinstance(storage.conflicts(SaveInvitation(first.used("user-2", NOW), first))[0], ChangedMeanwhile)
    withdrawn = used.withdrawn(NOW)
    storage.commit(SaveInvitation(withdrawn, used))
    assert isinstance(storage.conflicts(SaveInvitation(used, used))[0], ChangedMeanwhile)
    other_end = invitation(storage, expires_at=None)
    assert isinstance(storage.conflicts(SaveInvitation(first, other_end))[0], ChangedMeanwhile)
    assert storage.invitations.find("course-1", [first.invitation_id]) == (withdrawn,)


@pytest.mark.parametrize(
    "changes",
    [
        {"invited_at": NOW + timedelta(hours=1)},
        {"expires_at": None},
        {"used_by": "user-2"},
        {"used_at": NOW},
        {"withdrawn_at": NOW},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_has_changed_since_it_was_read_stays(storage: Backend, changes: dict[str, Any]) -> None:
    """Invited anew, given another end, used or withdrawn: each alone keeps it from being used as it was."""
    read = invitation(storage)
    stored = evolve(read, **changes)
    storage.commit(SaveInvitation(stored))
    assert isinstance(storage.conflicts(SaveInvitation(read.used("user-1", NOW), read))[0], ChangedMeanwhile)
    assert storage.invitations.find("course-1", [read.invitation_id]) == (stored,)


def test_no_address_is_kept(storage: Backend) -> None:
    """Whoever reads the table cannot tell whom it is for, beyond the hint."""
    storage.commit(SaveInvitation(invitation(storage)))
    if isinstance(storage.everything(), list):
        assert "sam@" not in json.dumps(storage.everything(), default=str)
    assert "@" not in storage.invitations.id_of(SAM)

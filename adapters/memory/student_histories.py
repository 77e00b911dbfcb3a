"""Everything about one student, from the dictionaries."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.coupons import UsedCoupon
from domain.ports.student_histories import StudentHistory, StudentHistoryRepo


@frozen
class MemoryStudentHistoryRepo(StudentHistoryRepo):
    """Reads whole histories from the store."""

    store: Store

    def of_student(self, user_id: str) -> StudentHistory | None:
        """Everything about the student."""
        store = self.store
        with store.lock:
            ended = [one for key, one in (*store.ended.items(), *store.earlier_ended.items()) if key[0] == user_id]
            enrolled = [one for key, one in store.enrollments.items() if key[0] == user_id]
            sessions = [one for key, one in store.sessions.items() if key[0] == user_id]
            reversals = [one for key, one in store.reversals.items() if key[0] == user_id]
            audit = [one for one in store.audit if one.user_id == user_id]
            history = StudentHistory(
                student=store.students.get(user_id),
                enrollments=tuple(sorted(enrolled, key=lambda one: one.enrolled_at, reverse=True)),
                ended=tuple(sorted(ended, key=lambda one: one.ended_at, reverse=True)),
                sessions=tuple(sorted(sessions, key=lambda one: one.created_at, reverse=True)),
                reversals=tuple(sorted(reversals, key=lambda one: one.updated_at, reverse=True)),
                coupons=self._coupons(user_id),
                audit=tuple(sorted(audit, key=lambda one: (one.at, one.audit_id), reverse=True)),
            )
        return None if history == StudentHistory(student=None) else history

    def _coupons(self, user_id: str) -> tuple[UsedCoupon, ...]:
        used = []
        for (owner, code), use in self.store.coupon_uses.items():
            session = self.store.sessions.get((owner, use.payment_session_id))
            if owner == user_id and session is not None:
                used.append(
                    UsedCoupon(
                        code=code,
                        payment_session_id=use.payment_session_id,
                        course_id=session.course_id,
                        redeemed=use.redeemed,
                        at=session.created_at,
                    )
                )
        return tuple(sorted(used, key=lambda one: one.at, reverse=True))

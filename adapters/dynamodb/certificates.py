"""Certificates as items of their students, and under their numbers in the index."""

from __future__ import annotations

from attrs import frozen

from adapters.dynamodb import learner_keys
from adapters.dynamodb.attributes import reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.expressions import ABSENT
from adapters.dynamodb.operations import delete, put, unconditional
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.certificates import Certificate
from domain.ports.certificates import CertificateRepo


def certificate_item(certificate: Certificate) -> Item:
    """The item of a certificate."""
    return {
        **learner_keys.certificate(certificate.user_id, certificate.course_id).attributes,
        **learner_keys.certificate_index(certificate.number),
        "number": certificate.number,
        "userId": certificate.user_id,
        "courseId": certificate.course_id,
        "studentName": certificate.student_name,
        "courseName": certificate.course_name,
        "completedAt": iso(certificate.completed_at),
        "issuedAt": iso(certificate.issued_at),
    }


def certificate_from_item(item: Item) -> Certificate:
    """The certificate in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("certificate", item) as stored:
        return Certificate(
            number=stored.text("number"),
            user_id=stored.text("userId"),
            course_id=stored.text("courseId"),
            student_name=stored.text("studentName"),
            course_name=stored.text("courseName"),
            completed_at=stored.timestamp("completedAt"),
            issued_at=stored.timestamp("issuedAt"),
        )


@frozen
class DynamoCertificateRepo(CertificateRepo):
    """Keeps certificates in the table."""

    table: Table

    def of_enrollment(self, user_id: str, course_id: str) -> Certificate | None:
        """The student's certificate of the course, if one was issued."""
        item = self.table.get(learner_keys.certificate(user_id, course_id))
        return certificate_from_item(item) if item else None

    def find(self, number: str) -> Certificate | None:
        """The certificate of this number; the index may lag behind the last write."""
        index = learner_keys.certificate_index(number)
        items = self.table.index_between(index["GSI1PK"], index["GSI1SK"], index["GSI1SK"])
        return next(map(certificate_from_item, items), None)

    def remove(self, user_id: str, course_id: str) -> None:
        """Delete the student's certificate of the course."""
        key = learner_keys.certificate(user_id, course_id)
        self.table.write(delete(key, condition="", values={}, conflict=unconditional))

    def add(self, certificate: Certificate) -> Certificate:
        """Keep a certificate; where there is one already, that one is returned."""
        try:
            self.table.write(put(certificate_item(certificate), ABSENT))
        except ConditionsFailed as failed:
            found = failed.found[0]
            return certificate_from_item(found) if found else certificate
        return certificate

"""The mails in German."""

from __future__ import annotations

from adapters.ses.texts import Texts, Wording
from domain.messages import MessageKind

TEXTS = Texts(
    code="de",
    greeting="Guten Tag,",
    greeting_name="Guten Tag {name},",
    kinds={
        MessageKind.ENROLLED: Wording(
            subject="Sie sind eingeschrieben: {course}",
            sentences=("Sie sind bei {school} in {course} eingeschrieben. Sie können gleich anfangen.",),
            amount="Bezahlt",
            link="Jetzt lernen",
        ),
        MessageKind.PAYMENT_FAILED: Wording(
            subject="Ihre Zahlung ist nicht angekommen: {course}",
            sentences=(
                "Ihre Bank hat die Zahlung für {course} nicht ausgeführt, darum sind Sie nicht eingeschrieben.",
                "Es wurde nichts abgebucht. Sie können es jederzeit noch einmal versuchen, auch auf andere Weise.",
            ),
            link="Noch einmal versuchen",
        ),
        MessageKind.REFUND_MADE: Wording(
            subject="Ihre Erstattung: {course}",
            sentences=("Wir haben Ihnen Geld erstattet. Bis Ihre Bank es zeigt, können einige Tage vergehen.",),
            amount="Erstattet",
            link="Ihre Käufe",
        ),
        MessageKind.ACCESS_ENDED: Wording(
            subject="Ihre Einschreibung ist beendet: {course}",
            sentences=(
                "Ihre Einschreibung in {course} ist beendet{reason}.",
                "Ihr Lernstand bleibt erhalten, falls Sie wiederkommen.",
            ),
        ),
        MessageKind.REVIEW_OPENED: Wording(
            subject="Eine Zahlung braucht Ihre Entscheidung: {course}",
            sentences=(
                "Es ist eine Zahlung eingegangen, die nicht zu dem passt, was vereinbart war. {reason}",
                "Bitte entscheiden Sie, was aus ihr wird: einschreiben, erstatten oder abschließen.",
            ),
            amount="Eingegangen",
            link="Zahlung öffnen",
        ),
        MessageKind.REFUND_FAILED: Wording(
            subject="Eine Erstattung ist fehlgeschlagen: {course}",
            sentences=(
                "Der Zahlungsanbieter konnte eine Erstattung nicht ausführen: Das Geld ist noch hier.",
                "Bitte fragen Sie nach einem anderen Weg und halten Sie die Rückzahlung fest, sobald sie gemacht ist.",
            ),
            amount="Erstattung",
            link="Zahlung öffnen",
        ),
        MessageKind.WAITLIST_SEAT: Wording(
            subject="Ein Platz ist für Sie frei: {course}",
            sentences=(
                "Sie haben auf einen Platz in {course} bei {school} gewartet. Jetzt gibt es einen für Sie.",
                "Wir halten ihn 48 Stunden frei{until}. Danach bekommt ihn die nächste Person in der Reihe.",
            ),
            link="Platz annehmen",
        ),
        MessageKind.DISPUTE_OPENED: Wording(
            subject="Eine Zahlung wird angefochten: {course}",
            sentences=(
                "Eine Bank hat Geld zurückgeholt oder fragt nach einer Zahlung.",
                "Bitte antworten Sie rechtzeitig mit Belegen auf der Seite des Zahlungsanbieters.",
            ),
            amount="Angefochten",
            link="Zahlung öffnen",
        ),
    },
    delayed="Ihre Zahlung ist angekommen.",
    receipt="Das ist Ihre Quittung; die des Zahlungsanbieters finden Sie bei Ihren Käufen.",
    access_ended="Damit ist Ihre Einschreibung in {course} beendet. Ihr Lernstand bleibt erhalten.",
    access_kept="Sie bleiben in {course} eingeschrieben.",
    ends={
        "refunded": ", weil die Zahlung erstattet wurde",
        "charged_back": ", weil Ihre Bank die Zahlung zurückgeholt hat",
        "disputed": ", solange Ihre Bank die Zahlung prüft",
    },
    ask="Wenn Sie das für einen Irrtum halten, schreiben Sie bitte an {contact}.",
    reviews={
        "amount_mismatch": "Der Betrag oder die Währung ist nicht wie vereinbart.",
        "metadata_mismatch": "Beim Anbieter steht sie unter einem anderen Konto, Kurs oder Preis.",
        "other_checkout": "Sie wurde an einer anderen Kasse gemacht, als wir kennen.",
        "other_mode": "Sie ist eine Testzahlung in der echten Schule oder umgekehrt.",
        "unexpected_free": "Es ist nichts eingegangen, obwohl etwas zu zahlen war.",
        "already_enrolled": "Die Einschreibung in diesen Kurs besteht schon.",
        "student_deleted": "Das Konto wurde gelöscht.",
        "second_payment": "Der Kurs wurde ein zweites Mal bezahlt.",
        "payment_reused": "Dieselbe Zahlung wurde schon für einen anderen Kauf gezählt.",
        "refund_failed": "Eine Erstattung ist fehlgeschlagen, nachdem die Einschreibung beendet war.",
        "rebuilt": "Sie wurde nach einer Wiederherstellung beim Anbieter gefunden und passt nicht zum Angebot.",
        "other_account": (
            "Sie war unterwegs, als die Schlüssel eines anderen Kontos beim Anbieter eingesetzt wurden. "
            "Ob sie ankam, zeigt nur die Übersicht jenes Kontos."
        ),
    },
    course="Kurs",
    date_label="Datum",
    price="Preis",
    discount="Rabatt",
    reference="Nummer",
    student="Konto",
    payment="Zahlung",
    reason="Grund",
    respond_by="Antwort bis",
    date="%d.%m.%Y",
    point=",",
)

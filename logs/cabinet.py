"""What a medication check-in offers: the person's medications, the day's doses, and last time's."""

from dataclasses import dataclass, field

from logs.models import DailyLog, Dose, Medication


@dataclass
class Cabinet:
    medications: list[Medication] = field(default_factory=list)  # all of them, also those not offered any more
    doses: list[Dose] = field(default_factory=list)
    last_time: list[Dose] = field(default_factory=list)

    @classmethod
    def of(cls, log: DailyLog) -> "Cabinet":
        """Read it for a person's day. One query."""
        cabinet = cls()
        medications = {}
        for row in Medication.objects.with_doses_around(log):
            names = ("pk", "name", "name_key", "unit", "usual_amount", "is_active")
            medication = medications.setdefault(row["pk"], Medication(**{name: row[name] for name in names}))
            if row["dose_pk"] is not None:
                names = ("pk", "amount", "unit", "taken_at")
                dose = Dose(medication=medication, **{name: row[f"dose_{name}"] for name in names})
                (cabinet.doses if row["dose_log"] == log.pk else cabinet.last_time).append(dose)
        cabinet.medications = list(medications.values())
        cabinet.doses.sort(key=lambda dose: dose.pk)
        cabinet.last_time.sort(key=lambda dose: dose.pk)
        return cabinet

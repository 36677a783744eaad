"""What a medication check-in offers: the person's medications, the day's doses, and last time's."""

from dataclasses import dataclass, field

from encryption import blind_index
from logs.models import DailyLog, Dose, Medication


@dataclass
class Cabinet:
    user_id: int
    medications: list[Medication] = field(default_factory=list)  # by name, also those not offered any more
    doses: list[Dose] = field(default_factory=list)
    last_time: list[Dose] = field(default_factory=list)

    @classmethod
    def of(cls, log: DailyLog) -> "Cabinet":
        """Read it for a person's day. One query."""
        cabinet = cls(log.user_id)
        medications = {}
        for row in Medication.objects.with_doses_around(log):
            names = ("pk", "user_id", "uuid", "name", "name_key", "unit", "usual_amount", "is_active")
            medication = medications.setdefault(row["pk"], Medication(**{name: row[name] for name in names}))
            if row["dose_pk"] is not None:
                names = ("pk", "amount", "unit", "taken_at")
                dose = Dose(medication=medication, **{name: row[f"dose_{name}"] for name in names})
                (cabinet.doses if row["dose_log"] == log.pk else cabinet.last_time).append(dose)
        cabinet.medications = sorted(medications.values(), key=Medication.sort_key)
        cabinet.doses.sort(key=lambda dose: dose.pk)
        cabinet.last_time.sort(key=lambda dose: dose.pk)
        return cabinet

    @property
    def offered(self) -> list[Medication]:
        return [medication for medication in self.medications if medication.is_active and medication.is_readable]

    def named(self, name: str) -> Medication | None:
        """The medication of this name, however it is written. Found by its hash, also if the name is unreadable."""
        hashes = Medication._meta.get_field("name_key").hashes_of(name, self.user_id)
        return next((each for each in self.medications if each.name_key in hashes), None)

    def entry(self, uuid: str) -> Medication | None:
        """The medication that a form refers to by its UUID, since its name could not be read."""
        return next((each for each in self.medications if uuid == str(each.uuid)), None)

    @property
    def is_complete(self) -> bool:
        """Whether each medication can be found by its name: not while a key is missing."""
        return all(blind_index.is_comparable(medication.name_key) for medication in self.medications)

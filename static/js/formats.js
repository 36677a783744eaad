// Shared: dates and times as the person has them written (brainlog/formats), from the attributes of the body.

const formats = {
  // `at` is in milliseconds, or a Date.
  dateTime(at) {
    return `${this.date(at)}, ${this.time(at)}`;
  },
  date(at) {
    const form = document.body.dataset.dateFormat;
    const isInDigits = form === "dotted" || form === "iso";
    const { year, month, day } = this.parts(document.documentElement.lang, at, {
      year: "numeric",
      month: isInDigits ? "2-digit" : "short",
      day: isInDigits ? "2-digit" : "numeric",
    });
    if (form === "iso") return `${year}-${month}-${day}`;
    if (form === "dotted") return `${day}.${month}.${year}`;
    return form === "day-first" ? `${day} ${month} ${year}` : `${month} ${day}, ${year}`;
  },
  time(at) {
    const has24 = document.body.dataset.hourFormat === "24";
    // Canada writes "a.m." and "p.m." as our pages do.
    const { hour, minute, dayPeriod } = this.parts(has24 ? "en-GB" : "en-CA", at, {
      hour: has24 ? "2-digit" : "numeric",
      minute: "2-digit",
      hourCycle: has24 ? "h23" : "h12",
    });
    if (has24) return `${hour}:${minute}`;
    return `${hour}${minute === "00" ? "" : `:${minute}`} ${dayPeriod}`;
  },
  parts(language, at, options) {
    const parts = new Intl.DateTimeFormat(language, options).formatToParts(at);
    return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  },
};

//! Schedules that never come, and time zones that are none.

use croner::Cron;
use jiff::Zoned;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::App;
use crate::config::suggest::{list, nearest};

use super::{Problem, ValidationContext};

/// The five fields of a schedule.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of the month", "1-31"),
    ("month", "1-12 or JAN-DEC"),
    ("day of the week", "0-7 (0 and 7 are Sunday) or SUN-SAT"),
];

const NICKNAMES: [&str; 7] =
    ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];

/// What people write for the zone of their office, where that is no zone of the tz database.
const ABBREVIATIONS: [(&str, &str); 14] = [
    ("PST", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("MDT", "America/Denver"),
    ("CST", "America/Chicago"),
    ("CDT", "America/Chicago"),
    ("EDT", "America/New_York"),
    ("BST", "Europe/London"),
    ("CEST", "Europe/Berlin"),
    ("EEST", "Europe/Helsinki"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("SGT", "Asia/Singapore"),
    ("AEST", "Australia/Sydney"),
    ("BRT", "America/Sao_Paulo"),
];

pub(super) fn check(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    for (name, job) in &app.jobs {
        if let Some(schedule) = job.schedule.winner()
            && let Err(wrong) = read(&schedule.value)
        {
            problems.push(
                Problem::said_by(
                    &schedule.origin,
                    wrong.code,
                    format!("the schedule `{}` of `{name}` {}", schedule.value, wrong.message),
                )
                .at(match &wrong.part {
                    Some(part) => context.part(&schedule.origin, &schedule.value, part, wrong.label),
                    None => context.site(&schedule.origin, wrong.label),
                })
                .help(wrong.help),
            );
        }
        if let Some(timezone) = job.timezone.winner()
            && let Some(help) = unknown_zone(&timezone.value)
        {
            problems.push(
                Problem::said_by(
                    &timezone.origin,
                    "unknown-timezone",
                    format!("`{}` is no time zone", timezone.value),
                )
                .at(context.site(&timezone.origin, ""))
                .note("time zones are those of the IANA tz database")
                .help(help),
            );
        }
    }
}

/// What is wrong with a schedule.
struct Wrong {
    code: &'static str,
    message: String,
    /// The bytes of the schedule it is about.
    part: Option<std::ops::Range<usize>>,
    label: &'static str,
    help: Option<String>,
}

fn read(schedule: &str) -> Result<(), Wrong> {
    let invalid = |message: String, help: String| Wrong {
        code: "invalid-schedule",
        message,
        part: None,
        label: "",
        help: Some(help),
    };
    let trimmed = schedule.trim();
    if trimmed.starts_with('@') {
        let known = NICKNAMES.contains(&trimmed);
        return if known {
            Ok(())
        } else {
            let help = match nearest(trimmed, NICKNAMES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", list(NICKNAMES)),
            };
            Err(invalid("is not known by that name".to_owned(), help))
        };
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let names = FIELDS.map(|(name, _)| name).join(", ");
        let help = match fields[..] {
            // Spring, Quartz and others put seconds first.
            [seconds, ..] if fields.len() == 6 && (seconds == "0" || seconds == "00") => {
                format!("there are no seconds here: write `{}`", fields[1..].join(" "))
            }
            _ => format!("write five: {names}"),
        };
        return Err(invalid(format!("has {} fields instead of five", fields.len()), help));
    }
    for (index, (field, (name, range))) in fields.iter().zip(FIELDS).enumerate() {
        let mut alone = ["*"; 5];
        alone[index] = field;
        if alone.join(" ").parse::<Cron>().is_err() {
            // The fields are parts of the schedule, found one after the other.
            let start = fields[..index]
                .iter()
                .try_fold(0, |at, field| schedule[at..].find(field).map(|found| at + found + field.len()));
            let part = start
                .and_then(|at| schedule[at..].find(field).map(|found| at + found..at + found + field.len()));
            return Err(Wrong {
                code: "invalid-schedule",
                message: format!("has a wrong {name}: `{field}`"),
                part,
                label: name,
                help: Some(format!("the {name} is {range}, `*`, `a-b`, `a,b` or `*/n`")),
            });
        }
    }
    let Ok(cron) = trimmed.parse::<Cron>() else {
        return Err(invalid("cannot be read".to_owned(), "write it like `0 7 * * *`".to_owned()));
    };
    if reference().is_some_and(|from| cron.find_next_occurrence(&from, false).is_err()) {
        return Err(Wrong {
            code: "never-runs",
            message: "never comes".to_owned(),
            part: None,
            label: "no year has such a day",
            help: Some("choose a day that the month has; `L` is its last day".to_owned()),
        });
    }
    Ok(())
}

/// A fixed instant to look ahead from: this crate reads no clock, and what comes once comes again within the
/// years that are looked at.
fn reference() -> Option<Zoned> {
    jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).ok()
}

/// What to write instead of a time zone that is none.
fn unknown_zone(name: &str) -> Option<String> {
    let database = TimeZoneDatabase::bundled();
    if database.get(name).is_ok() {
        return None;
    }
    let zones: Vec<String> = database.available().map(|zone| zone.as_str().to_owned()).collect();
    let city = name.replace(' ', "_").to_lowercase();
    let by_city = || {
        zones
            .iter()
            .find(|zone| zone.rsplit('/').next().is_some_and(|last| last.to_lowercase() == city))
            .map(String::as_str)
    };
    let abbreviated =
        ABBREVIATIONS.iter().find(|(short, _)| short.eq_ignore_ascii_case(name)).map(|(_, zone)| *zone);
    let near = abbreviated.or_else(by_city).or_else(|| nearest(name, zones.iter().map(String::as_str)));
    Some(match near {
        Some(zone) => format!("did you mean `{zone}`?"),
        None => "write one such as `Europe/Berlin` or `UTC`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(schedule: &str) -> String {
        match read(schedule) {
            Ok(()) => "fine".to_owned(),
            Err(wrong) => {
                let part = wrong.part.map(|part| format!(" [{}]", &schedule[part])).unwrap_or_default();
                format!("{}{part} | {}", wrong.message, wrong.help.unwrap_or_default())
            }
        }
    }

    #[test]
    fn schedules_that_come_are_fine() {
        for schedule in [
            "0 7 * * *",
            "@daily",
            "*/5 * * * *",
            "0 0 29 2 *",
            "0 0 L * *",
            "0 9 * * MON-FRI",
            "0 0 * * 7",
            "0  0 1,15 * *",
        ] {
            assert_eq!(told(schedule), "fine", "{schedule}");
        }
    }

    #[test]
    fn a_wrong_schedule_is_told_by_its_field() {
        let schedules = [
            "0 0 31 2 *",
            "0 0 30 2,2 *",
            "60 0 * * *",
            "0 0 0 * *",
            "0 24 * * *",
            "0 0 * 13 *",
            "0 0 * * FUNDAY",
            "0 0 * *",
            "0 0 7 * * *",
            "*/0 * * * *",
            "@dayly",
            "@reboot",
            "every day",
            "",
        ];
        let all: Vec<_> = schedules.iter().map(|text| format!("{text:?}: {}", told(text))).collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        "0 0 31 2 *": never comes | choose a day that the month has; `L` is its last day
        "0 0 30 2,2 *": never comes | choose a day that the month has; `L` is its last day
        "60 0 * * *": has a wrong minute: `60` [60] | the minute is 0-59, `*`, `a-b`, `a,b` or `*/n`
        "0 0 0 * *": has a wrong day of the month: `0` [0] | the day of the month is 1-31, `*`, `a-b`, `a,b` or `*/n`
        "0 24 * * *": has a wrong hour: `24` [24] | the hour is 0-23, `*`, `a-b`, `a,b` or `*/n`
        "0 0 * 13 *": has a wrong month: `13` [13] | the month is 1-12 or JAN-DEC, `*`, `a-b`, `a,b` or `*/n`
        "0 0 * * FUNDAY": has a wrong day of the week: `FUNDAY` [FUNDAY] | the day of the week is 0-7 (0 and 7 are Sunday) or SUN-SAT, `*`, `a-b`, `a,b` or `*/n`
        "0 0 * *": has 4 fields instead of five | write five: minute, hour, day of the month, month, day of the week
        "0 0 7 * * *": has 6 fields instead of five | there are no seconds here: write `0 7 * * *`
        "*/0 * * * *": has a wrong minute: `*/0` [*/0] | the minute is 0-59, `*`, `a-b`, `a,b` or `*/n`
        "@dayly": is not known by that name | did you mean `@daily`?
        "@reboot": is not known by that name | known are `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually`
        "every day": has 2 fields instead of five | write five: minute, hour, day of the month, month, day of the week
        "": has 0 fields instead of five | write five: minute, hour, day of the month, month, day of the week
        "#);
    }

    #[test]
    fn zones_are_found_by_city_and_abbreviation() {
        for (name, help) in [
            ("America/Chicagoo", "did you mean `America/Chicago`?"),
            ("Chicago", "did you mean `America/Chicago`?"),
            ("new york", "did you mean `America/New_York`?"),
            ("PST", "did you mean `America/Los_Angeles`?"),
            ("Mars/Olympus", "write one such as `Europe/Berlin` or `UTC`"),
        ] {
            assert_eq!(unknown_zone(name).as_deref(), Some(help), "{name}");
        }
        assert_eq!(unknown_zone("Europe/Berlin"), None);
        assert_eq!(unknown_zone("UTC"), None);
    }
}

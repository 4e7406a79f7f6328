//! Schedules: five cron fields, in the words of other schedulers.

/// When a job runs: minute, hour, day of the month, month, day of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minute: String,
    hour: String,
    day: String,
    month: String,
    weekday: String,
}

const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

impl Cron {
    /// Reads five fields, or `@daily` and its kin; `@reboot` is no time.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            fields => fields,
        };
        let fields: Vec<String> = text.split_whitespace().map(str::to_ascii_uppercase).collect();
        let [minute, hour, day, month, weekday] = <[String; 5]>::try_from(fields).ok()?;
        let any = |field: String| if field == "?" { "*".to_owned() } else { field };
        Some(Self {
            minute,
            hour,
            day: any(day),
            month: named(&month, &MONTHS, 1)?,
            weekday: weekdays(&any(weekday))?,
        })
    }

    /// The five fields, numbers for months, names for days of the week.
    pub(super) fn fields(&self) -> String {
        let Self { minute, hour, day, month, weekday } = self;
        format!("{minute} {hour} {day} {month} {weekday}")
    }

    /// `cron(...)` of Amazon's schedulers. Cron runs when either of two restricted day fields matches and Amazon knows
    /// one of them only, so there may be two.
    pub(super) fn amazon(&self) -> Vec<String> {
        let Self { minute, hour, day, month, weekday } = self;
        let by_day = || format!("cron({minute} {hour} {day} {month} ? *)");
        let by_weekday = || format!("cron({minute} {hour} ? {month} {weekday} *)");
        match (day.as_str(), weekday.as_str()) {
            (_, "*") => vec![by_day()],
            ("*", _) => vec![by_weekday()],
            _ => vec![by_day(), by_weekday()],
        }
    }

    /// `OnCalendar=` values of systemd; several where cron's two day fields are both restricted.
    pub(super) fn systemd(&self, timezone: Option<&str>) -> Vec<String> {
        let zone = timezone.unwrap_or("UTC");
        let field = |text: &str, first: u32| {
            text.split(',')
                .map(|part| match part.split_once('/') {
                    // Where the steps begin has to be said.
                    Some(("*", step)) => format!("{first:02}/{step}"),
                    Some((range, step)) => format!("{}/{step}", range.replace('-', "..")),
                    None => padded(part),
                })
                .collect::<Vec<_>>()
                .join(",")
        };
        let (minute, hour) = (field(&self.minute, 0), field(&self.hour, 0));
        let (day, month) = (field(&self.day, 1), field(&self.month, 1));
        let weekday: Vec<_> = self
            .weekday
            .split(',')
            .map(|part| part.split('-').map(capitalised).collect::<Vec<_>>().join(".."))
            .collect();
        let weekday = weekday.join(",");
        let by_day = || format!("*-{month}-{day} {hour}:{minute}:00 {zone}");
        let by_weekday = || format!("{weekday} *-{month}-* {hour}:{minute}:00 {zone}");
        match (self.day.as_str(), self.weekday.as_str()) {
            (_, "*") => vec![by_day()],
            ("*", _) => vec![by_weekday()],
            _ => vec![by_day(), by_weekday()],
        }
    }
}

/// `1-5` as systemd writes it: `01..05`.
fn padded(part: &str) -> String {
    let number = |text: &str| match text.parse::<u32>() {
        Ok(number) => format!("{number:02}"),
        Err(_) => text.to_owned(),
    };
    part.split('-').map(number).collect::<Vec<_>>().join("..")
}

fn capitalised(day: &str) -> String {
    let mut text = day.to_ascii_lowercase();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// Names of months become their numbers.
fn named(field: &str, names: &[&str], first: usize) -> Option<String> {
    let mut text = field.to_owned();
    for (index, name) in names.iter().enumerate() {
        text = text.replace(name, &(index + first).to_string());
    }
    text.bytes().all(|byte| byte.is_ascii_digit() || b"*,-/".contains(&byte)).then_some(text)
}

/// Days of the week by their names, in lists: schedulers differ in which number is Sunday, and in what they make of
/// steps and of ranges over the end of the week.
fn weekdays(field: &str) -> Option<String> {
    if field == "*" {
        return Some(field.to_owned());
    }
    let number = |text: &str| {
        let by_name = WEEKDAYS.iter().position(|day| *day == text);
        by_name.or_else(|| text.parse().ok().filter(|number| *number <= 7))
    };
    let mut days = [false; 7];
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if range == "*" => (0, 6),
            None => (number(range)?, number(range)?),
        };
        let last = if last < first { last + 7 } else { last };
        for day in (first..=last).step_by(step) {
            days[day % 7] = true;
        }
    }
    if days.iter().all(|day| *day) {
        return Some("*".to_owned());
    }
    // A range where it is one.
    let chosen: Vec<usize> = (0..7).filter(|day| days[*day]).collect();
    let (first, last) = (chosen.first()?, chosen.last()?);
    Some(if chosen.len() > 2 && last - first + 1 == chosen.len() {
        format!("{}-{}", WEEKDAYS[*first], WEEKDAYS[*last])
    } else {
        chosen.iter().map(|day| WEEKDAYS[*day]).collect::<Vec<_>>().join(",")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_week_are_the_same_days_everywhere() {
        let amazon = |text: &str| Cron::parse(text).unwrap().amazon().join(" + ");
        let systemd = |text: &str| Cron::parse(text).unwrap().systemd(Some("Europe/Paris")).join(" + ");
        assert_eq!(amazon("0 7 * * *"), "cron(0 7 * * ? *)");
        assert_eq!(amazon("*/5 * * * 1-5"), "cron(*/5 * ? * MON-FRI *)");
        assert_eq!(amazon("0 0 1 jan 7"), "cron(0 0 1 1 ? *) + cron(0 0 ? 1 SUN *)");
        assert_eq!(amazon("0 0 * * 5-1"), "cron(0 0 ? * SUN,MON,FRI,SAT *)");
        assert_eq!(systemd("0 7 * * *"), "*-*-* 07:00:00 Europe/Paris");
        assert_eq!(systemd("*/5 9-17 * * mon-fri"), "Mon..Fri *-*-* 09..17:00/5:00 Europe/Paris");
        assert_eq!(
            systemd("0 0 1 * 0,6"),
            "*-*-01 00:00:00 Europe/Paris + Sun,Sat *-*-* 00:00:00 Europe/Paris"
        );
        assert_eq!(Cron::parse("@weekly").unwrap().fields(), "0 0 * * SUN");
        for bad in ["@reboot", "* * * *", "0 0 * * 9", "0 0 * foo *", "0 0 * * */0"] {
            assert_eq!(Cron::parse(bad), None, "{bad}");
        }
    }
}

//! Ways in which an app fails: each is a section of the runbook, and every alert points at one.

use super::Monitor;

/// A way to fail. The order is that of the runbook: what users notice first, then what will be noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mode {
    /// Nothing of a service answers.
    ServiceDown,
    /// Requests fail or take too long.
    Errors,
    /// It went wrong with a release.
    BadDeploy,
    /// A service starts and ends again and again.
    CrashLoop,
    /// A database or broker that runs beside the app does not answer.
    DatabaseDown,
    /// A mail provider does not answer.
    MailDown,
    /// Something that others run does not answer.
    DependencyDown,
    /// A service is short of memory.
    Memory,
    /// A service is short of CPU.
    Cpu,
    /// A database has no connections left.
    Connections,
    /// A disk is full.
    DiskFull,
    /// Work waits longer and longer.
    QueueBacklog,
    /// A certificate ends.
    Certificate,
    /// A job did not run.
    JobMissed,
    /// There is no recent backup, or nobody knows whether it can be restored.
    Backup,
    /// The watching itself fails.
    Blind,
}

impl Mode {
    /// The heading of its section.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::ServiceDown => "Service down",
            Self::Errors => "Errors or slow answers",
            Self::BadDeploy => "Bad deploy",
            Self::CrashLoop => "Crash loop",
            Self::DatabaseDown => "Database down",
            Self::MailDown => "Mail provider down",
            Self::DependencyDown => "Dependency down",
            Self::Memory => "Out of memory",
            Self::Cpu => "Out of CPU",
            Self::Connections => "Out of connections",
            Self::DiskFull => "Disk full",
            Self::QueueBacklog => "Queue backlog",
            Self::Certificate => "Certificate expires",
            Self::JobMissed => "Job missed its schedule",
            Self::Backup => "Backup too old",
            Self::Blind => "Monitoring is blind",
        }
    }

    /// The name of its template in `templates/runbook`.
    pub(crate) fn template(self) -> String {
        format!("runbook/{}.md", self.anchor())
    }

    /// The anchor that Git forges make of its heading: lower case, dashes for spaces.
    pub(crate) fn anchor(self) -> String {
        self.title().to_ascii_lowercase().replace(' ', "-")
    }

    /// The page that an alert points at.
    pub(crate) fn url(self) -> String {
        format!("docs/runbook.md#{}", self.anchor())
    }

    /// Those that the model has: the ones that an alert leads to, and a bad deploy.
    pub(crate) fn of(monitors: &[Monitor<'_>]) -> Vec<Self> {
        let mut modes: Vec<_> = monitors.iter().flat_map(Monitor::alerts).map(|alert| alert.mode).collect();
        // No alert of its own leads there, and every other section does.
        modes.push(Self::BadDeploy);
        modes.sort();
        modes.dedup();
        modes
    }
}

//! What can be asked of an app that runs on this machine.

use std::collections::BTreeMap;

use seaworthy_supervise::board::Status;
use seaworthy_supervise::machine::Phase;
use tokio::sync::watch;

use crate::control::{Control, ControlError, LogPage, LogQuery, Order};
use crate::host::routes::front;
use crate::host::shared::{Ending, Facts, Shared};
use crate::host::steps::millis;
use crate::host::{logs, tasks};
use crate::view::{
    AppState, AppView, MailView, MemberView, MetricsView, Role, SaveView, StepState, StepView, VariableView,
};

impl Control for Shared {
    fn app(&self) -> AppView {
        let statuses = self.supervisor.board().all();
        let mut members: Vec<(usize, MemberView)> = self
            .facts()
            .into_iter()
            .filter_map(|(name, facts)| {
                let status = statuses.get(&name)?;
                Some((facts.order, self.member(&name, &facts, status)))
            })
            .collect();
        members.sort_by(|(a, left), (b, right)| (a, &left.name).cmp(&(b, &right.name)));
        let members: Vec<MemberView> = members.into_iter().map(|(_, member)| member).collect();
        let steps = self.steps.all();
        AppView {
            schema: "sea.status/1".to_owned(),
            name: self.host_name(),
            root: self.state.worktree().display().to_string(),
            run: self.run.clone(),
            started_at: format!("{:.3}", self.started_at),
            state: self.app_state(&members, &steps),
            url: self.url(),
            dashboard_url: self.dashboard_url(),
            members,
            steps,
            problems: self.problems(),
        }
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn order(&self, member: &str, order: Order) -> Result<(), ControlError> {
        let facts = self.facts_of(member).ok_or_else(|| self.unknown(member))?;
        if !self.supervisor.is_process(member) {
            return Err(ControlError::NotAProcess(member.to_owned()));
        }
        drop(facts);
        let given = match order {
            Order::Start => self.supervisor.start(member),
            Order::Stop => self.supervisor.stop(member),
            Order::Restart => self.supervisor.restart(member),
        };
        given.map_err(|_| self.unknown(member))
    }

    fn shut_down(&self) {
        self.ending.send_if_modified(|ending| {
            let is_new = *ending == Ending::No;
            if is_new {
                *ending = Ending::Asked;
            }
            is_new
        });
    }

    fn log(&self, query: &LogQuery) -> Result<LogPage, ControlError> {
        let facts = self.facts();
        for name in &query.members {
            if !facts.contains_key(name) {
                return Err(self.unknown(name));
            }
        }
        let mut files: BTreeMap<_, _> = facts
            .into_iter()
            .filter(|(name, _)| query.members.is_empty() || query.members.contains(name))
            .filter_map(|(name, facts)| Some((name, facts.log?)))
            .collect();
        if query.members.is_empty() {
            files.extend(tasks::logs(&self.logs()));
        }
        logs::read(&files, query)
    }

    fn wrote(&self) -> watch::Receiver<u64> {
        self.supervisor.board().wrote()
    }

    fn environment(&self, member: &str, reveal: bool) -> Result<Vec<VariableView>, ControlError> {
        let facts = self.facts_of(member).ok_or_else(|| self.unknown(member))?;
        let shown = |variable: VariableView| {
            let value = variable.value.filter(|_| reveal || !variable.secret);
            VariableView { value, ..variable }
        };
        Ok(facts.environment.into_iter().map(shown).collect())
    }

    fn folder(&self, member: &str) -> Result<String, ControlError> {
        let facts = self.facts_of(member).ok_or_else(|| self.unknown(member))?;
        Ok(facts.folder.display().to_string())
    }

    fn metrics(&self, seconds: u32) -> MetricsView {
        self.metrics.view(seconds)
    }

    fn saves(&self) -> Vec<SaveView> {
        Self::saves(self)
    }

    fn mails(&self) -> Vec<MailView> {
        let mut mails: Vec<MailView> = Vec::new();
        for (resource, mailbox) in self.mailboxes() {
            mails.extend(mailbox.list().into_iter().map(|summary| mail_view(&resource, &summary)));
        }
        mails.sort_by(|a, b| b.at.cmp(&a.at));
        mails
    }

    fn mail(&self, resource: &str, id: &str) -> Option<MailView> {
        let message = self.mailboxes().get(resource)?.get(id.parse().ok()?)?;
        let attachments =
            message.attachments.iter().map(|part| part.name.clone().unwrap_or_default()).collect();
        Some(MailView {
            text: message.text.clone(),
            html: message.html.clone(),
            attachments,
            ..mail_view(resource, &message.summary)
        })
    }
}

fn mail_view(resource: &str, summary: &seaworthy_provision::resource::smtp::Summary) -> MailView {
    let at = i64::try_from(summary.received).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    MailView {
        id: summary.id.to_string(),
        resource: resource.to_owned(),
        at: at.map(|at| format!("{at:.3}")).unwrap_or_default(),
        from: summary.from.clone(),
        to: summary.to.clone(),
        subject: summary.subject.clone(),
        text: None,
        html: None,
        attachments: Vec::new(),
    }
}

impl Shared {
    fn member(&self, name: &str, facts: &Facts, status: &Status) -> MemberView {
        MemberView {
            name: name.to_owned(),
            role: facts.role.unwrap_or(Role::Service),
            kind: facts.kind.clone(),
            phase: status.phase.as_str().to_owned(),
            detail: status.detail.clone(),
            since: format!("{:.3}", status.since),
            command: facts.command.clone(),
            pid: status.pid,
            port: status.port,
            urls: self.urls(name, facts),
            started_at: status.started.map(|started| format!("{started:.3}")),
            ready_after_ms: status.ready_after.map(millis),
            restarts: status.restarts,
            last_exit: status.last_exit.map(|exit| exit.to_string()),
            cause: status.cause.clone(),
            needs: facts.needs.clone(),
            usage: status.shim.and_then(|_| self.metrics.usage(name)),
            requests: facts.served.as_ref().and_then(|_| self.metrics.requests(name)),
            has_log: facts.log.as_ref().is_some_and(|log| log.exists()),
            unlimited: status.unlimited.clone(),
        }
    }

    /// Where people find a member: at the app's own address, at a name of its own, at its port.
    fn urls(&self, name: &str, facts: &Facts) -> Vec<String> {
        let Some(served) = &facts.served else { return facts.urls.clone() };
        let Some(port) = self.port() else { return Vec::new() };
        let app = self.host_name();
        let mut urls = Vec::new();
        if front(&self.served()) == Some(name) {
            urls.push(format!("http://{app}.localhost:{port}"));
        } else if let Some(route) =
            served.route.as_deref().filter(|route| route.starts_with('/') && *route != "/")
        {
            urls.push(format!("http://{app}.localhost:{port}{route}"));
        }
        urls.push(format!("http://{name}.{app}.localhost:{port}"));
        urls
    }

    fn app_state(&self, members: &[MemberView], steps: &[StepView]) -> AppState {
        let is = |phase: Phase| members.iter().any(|member| member.phase == phase.as_str());
        if *self.ending.borrow() != Ending::No {
            AppState::Stopping
        } else if is(Phase::Failed) || is(Phase::CrashLoop) || is(Phase::Unready) || is(Phase::Restarting) {
            AppState::Degraded
        } else if members.is_empty()
            || is(Phase::Waiting)
            || is(Phase::Starting)
            || is(Phase::Stopping)
            || steps.iter().any(|step| step.state == StepState::Running)
        {
            AppState::Starting
        } else {
            AppState::Ready
        }
    }

    fn unknown(&self, name: &str) -> ControlError {
        let known: Vec<String> = self.facts().into_keys().collect();
        let near = |known: &String| strsim::osa_distance(known, name);
        let nearest =
            known.into_iter().min_by_key(near).filter(|known| strsim::osa_distance(known, name) <= 3);
        ControlError::Unknown { name: name.to_owned(), nearest }
    }
}

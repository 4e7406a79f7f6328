//! `sea ci`: the steps of the pipeline, the same on a laptop and in CI.

use std::path::{Path, PathBuf};

use seaworthy_detect::{Overrides, Repository, load_from};
use seaworthy_provision::state::State;
use seaworthy_release::pipeline::{
    Cancel, Event, Options, Pipeline, Shard, Step, Workshop, derive, export, import, select,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{CiArgs, Global};
use crate::commands::load;
use crate::exit::{self, Mistake, Outside};
use crate::output::{self, steps};

/// Codes that shells give to a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(crate) fn run(global: &Global, args: &CiArgs) -> anyhow::Result<u8> {
    let root = load::root(global, None)?;
    let repository = Repository::open(&root)?;
    let overrides = Overrides { environment: global.env.clone(), set: global.set.clone() };
    let loaded = load_from(&repository, &overrides);
    if loaded.has_errors() {
        return Ok(output::problems(&loaded));
    }
    let state = State::open(&root)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let workshop = runtime.block_on(Workshop::open(&loaded.app, &state));
    let all = derive_steps(&loaded.app, &workshop, &repository)?;
    let shard = args.shard.as_deref().map(str::parse::<Shard>).transpose().map_err(|error| advise(&error))?;
    let wanted = args.explain.as_ref().map_or_else(|| args.step.clone(), |step| vec![step.clone()]);
    let chosen = select(&all, &wanted, shard).map_err(|error| advise(&error))?;
    if let Some(from) = &args.cache_from {
        take_cache(&state, from, args.json)?;
    }
    let pipeline =
        Pipeline::open(&repository, &state, &all, options(args.jobs, !args.no_cache, !args.no_trace)?);
    let mut pipeline = pipeline.map_err(|error| advise(&error))?;
    if let Some(name) = &args.explain {
        return explain(&mut pipeline, &chosen, &workshop, name);
    }
    if args.plan {
        let verdicts = pipeline.plan(&chosen, &workshop).map_err(|error| advise(&error))?;
        steps::plan(&chosen, &verdicts, args.json)?;
        return Ok(exit::DONE);
    }
    let cancel = Cancel::default();
    runtime.spawn(stop_when_told(cancel.clone()));
    let mut lines = steps::Lines::new(&chosen, args.logs, args.json);
    let mut on = |event: &Event<'_>| lines.show(event);
    let report = pipeline.run(&chosen, &workshop, &cancel, &mut on).map_err(|error| advise(&error))?;
    runtime.shutdown_background();
    steps::report(&report, Path::new(""), args.json)?;
    if args.write_timings {
        let path = pipeline.write_timings(&all).map_err(|error| advise(&error))?;
        note(args.json, &format!("wrote {}", path.display()));
    }
    // Of a pipeline that failed, too: what went well is not done again.
    if let Some(to) = &args.cache_to {
        let carried = export(&state.cache(), to).map_err(|error| advise(&error))?;
        note(args.json, &format!("wrote {} files to {}", carried.files, to.display()));
    }
    Ok(match (report.ok, cancel.is_asked()) {
        (true, _) => exit::DONE,
        (false, true) => INTERRUPTED,
        (false, false) => exit::NO,
    })
}

/// The steps of an app, with what `seaworthy.toml` says about them.
pub(crate) fn derive_steps(
    app: &seaworthy_model::App,
    workshop: &Workshop,
    repository: &Repository,
) -> anyhow::Result<Vec<Step>> {
    let read = |path: &str| {
        repository.has(path).then(|| repository.text(path).map_or_else(String::new, |text| text.to_string()))
    };
    derive(app, &workshop.workspaces, &read).map_err(|error| advise(&error))
}

fn take_cache(state: &State, from: &Path, is_json: bool) -> anyhow::Result<()> {
    match import(&state.cache(), from).map_err(|error| advise(&error))? {
        Some(carried) => note(is_json, &format!("took {} files from {}", carried.files, from.display())),
        None => note(is_json, &format!("there is no {} yet", from.display())),
    }
    Ok(())
}

/// Says what was done besides, unless a program reads.
fn note(is_json: bool, text: &str) {
    if !is_json {
        anstream::eprintln!("{text}");
    }
}

/// How steps are run: this many at a time, with or without what is known, observed or not.
pub(crate) fn options(jobs: Option<usize>, cache: bool, trace: bool) -> anyhow::Result<Options> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Options {
        jobs: jobs.unwrap_or(cores),
        cache,
        trace,
        today: jiff::Zoned::now().date().to_string(),
        sea: program()?,
        // A variable that is no text cannot be declared.
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    })
}

/// This program, by a path that stays when it is replaced.
fn program() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?)
}

/// Ctrl-C, `kill` or a closed terminal end every step; a second one does not wait.
pub(crate) async fn stop_when_told(cancel: Cancel) {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else { return };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        if cancel.is_asked() { cancel.kill() } else { cancel.cancel() }
    }
}

/// Shows what the result of one step depends on.
pub(crate) fn explain(
    pipeline: &mut Pipeline,
    chosen: &[Step],
    workshop: &Workshop,
    name: &str,
) -> anyhow::Result<u8> {
    // A stage or service stands for the last of its steps; what is asked for is one step.
    let is_one = chosen.last().is_some_and(|step| step.id.as_str() == name || step.stage.as_str() != name);
    let explanation = pipeline.explain(chosen, workshop).map_err(|error| advise(&error))?;
    let Some((step, explanation)) = chosen.last().zip(explanation).filter(|_| is_one) else {
        return Err(Mistake {
            message: format!("{name} is no single step"),
            help: Some("sea ci --plan, which lists them".to_owned()),
        }
        .into());
    };
    steps::explanation(step, &explanation)?;
    Ok(exit::DONE)
}

/// The pipeline's error, as the command line shows it.
pub(crate) fn advise(error: &seaworthy_release::Error) -> anyhow::Error {
    use seaworthy_release::Error;
    let (message, help) = (error.to_string(), error.help());
    match error {
        Error::UnknownStep { .. } | Error::Shard(_) | Error::Circle(_) => Mistake { message, help }.into(),
        Error::File { .. } | Error::Archive { .. } | Error::Tool { .. } | Error::Provision(_) => {
            Outside { message, help }.into()
        }
    }
}

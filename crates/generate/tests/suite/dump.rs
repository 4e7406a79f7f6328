//! TEMPORARY
#[test]
#[ignore]
fn dump() {
    let all: Vec<_> = seaworthy_generate::TARGETS.iter().collect();
    for sample in
        [crate::apps::own("shop"), crate::apps::own("depot"), crate::apps::example("artist-dashboard")]
    {
        let output = sample.generate(&all);
        crate::validators::write(std::path::Path::new("/tmp/dumped"), &sample, &output);
        for loss in output.losses {
            println!("{} {}: {} {}", sample.name, loss.subject, loss.lost, loss.instead);
        }
    }
}

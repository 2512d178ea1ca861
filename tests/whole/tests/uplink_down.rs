//! Headquarters away: records wait, the appliance says so, and all are delivered once afterwards.

use std::time::Duration;
use whole::{Branch, Headquarters, Setting, delivered_once, wait_for};

#[test]
fn records_wait_while_headquarters_is_dead_and_are_delivered_once_when_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut headquarters = Headquarters::new(folder.path());
    headquarters.start();
    let mut branch = Branch::new(folder.path(), &Setting::default(), Some(&headquarters));
    branch.start();
    for round in 1..=2 {
        wait_for("records to be delivered", Duration::from_secs(60), || {
            (branch.metric("tipring_uplink_delivered_total")? >= f64::from(round * 3)).then_some(())
        });
        headquarters.process().kill_9();
        wait_for("records to wait, and the trouble to be told", Duration::from_secs(90), || {
            let waiting = branch.metric("tipring_uplink_waiting")?;
            let up = branch.metric("tipring_uplink_up")?;
            (waiting >= 3.0 && up == 0.0).then_some(())
        });
        headquarters.start();
        wait_for("the queue to be worked off", Duration::from_secs(90), || {
            let waiting = branch.metric("tipring_uplink_waiting")?;
            let up = branch.metric("tipring_uplink_up")?;
            (waiting <= 1.0 && up == 1.0).then_some(())
        });
    }
    let log = branch.log();
    assert!(log.contains("headquarters cannot be reached"), "{log}");
    assert!(branch.process().stop().success());
    assert!(delivered_once(&branch, &headquarters) >= 12);
    assert!(headquarters.process().stop().success());
}

#[test]
fn without_an_enrolment_the_appliance_runs_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut branch = Branch::new(folder.path(), &Setting::default(), None);
    branch.start();
    wait_for("a call to be over, and the lack to be told", Duration::from_secs(60), || {
        let over = branch.calls().iter().any(|call| call["state"] == "closed");
        (over && branch.metric("tipring_warnings")? >= 1.0).then_some(())
    });
    assert!(branch.process().stop().success());
}

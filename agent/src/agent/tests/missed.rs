//! What did not come out of the ring.

use super::*;

#[tokio::test]
async fn a_container_whose_making_was_lost() {
    let (host, kernel) = (Host::new(), Fake::default());
    let folder = format!("var/lib/docker/containers/{}", "a".repeat(64));
    host.write(
        &format!("{folder}/config.v2.json"),
        r#"{"Name":"/web","Config":{"Image":"i"}}"#,
    );
    host.write(
        &format!("{folder}/hostconfig.json"),
        r#"{"IpcMode":"container:d00d"}"#,
    );
    host.write("var/lib/docker/containers/d00d/config.v2.json", "");
    kernel
        .containers
        .borrow_mut()
        .push((7, container::PROFILE_DEFAULT));
    let mut agent = host.agent(&kernel);
    agent.tell_losses();
    assert_eq!(kernel.told.borrow().len(), 0, "nothing was lost");
    for _ in 0..2 {
        *kernel.lost.borrow_mut() = [agent.ring_lost + 1].into();
        agent.tell_losses();
        assert_eq!(*kernel.told.borrow(), ["7 [None, Some(\"d00d\")]"]);
    }
}

#[tokio::test]
async fn a_tick_tells_the_watchdog() {
    let mut agent = Host::new().agent(&Fake::default());
    let told = Rc::new(Cell::new(false));
    let tell = Rc::clone(&told);
    let limit = Some(std::time::Duration::from_secs(60));
    agent.watchdog = Watchdog::new(limit, move || tell.set(true));
    handle(&mut agent, Event::Tick);
    assert!(told.get());
}

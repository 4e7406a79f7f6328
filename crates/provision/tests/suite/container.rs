use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt as _;
use seaworthy_model::Origin;
use seaworthy_provision::port::Ports;
use seaworthy_provision::resource::container::{Engine, Spec};
use seaworthy_provision::resource::{self, Context, Runs};
use seaworthy_provision::secret::Secrets;
use tokio::io::AsyncReadExt as _;

use super::support::{PATIENCE, Worktree, app, keep, name};

#[tokio::test]
async fn a_client_without_an_engine_is_said() {
    let mut worktree = Worktree::new();
    let bin = worktree.dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink("/bin/true", bin.join("docker")).unwrap();
    worktree.machine.path = vec![bin];
    match Engine::connect(&worktree.machine).await {
        Ok(engine) => println!("skipped: {} is there", engine.title),
        Err(error) => {
            let text = error.to_string();
            assert!(text.starts_with("no container engine: ") && !text.contains("neither"), "{text}");
        }
    }
}

/// Makes an image of a static busybox: there is no registry to pull one from.
async fn import(image: &str, worktree: &Worktree) {
    let root = worktree.dir.path().join("image");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    for program in ["busybox", "sh"] {
        std::fs::copy("/bin/busybox", root.join("bin").join(program)).unwrap();
    }
    let tar = tokio::process::Command::new("tar")
        .args(["-c", "bin"])
        .current_dir(&root)
        .output()
        .await
        .unwrap()
        .stdout;
    let docker = bollard::Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap();
    let (repository, tag) = image.split_once(':').unwrap();
    let options = CreateImageOptionsBuilder::default().from_src("-").repo(repository).tag(tag).build();
    let mut steps =
        std::pin::pin!(docker.create_image(Some(options), Some(bollard::body_full(tar.into())), None));
    while let Some(step) = steps.next().await {
        step.unwrap();
    }
}

#[tokio::test]
async fn a_container_is_started_reached_found_again_and_removed() {
    let worktree = Worktree::new();
    let engine = match Engine::connect(&worktree.machine).await {
        Ok(engine) if std::path::Path::new("/bin/busybox").exists() => engine,
        Ok(_) => return println!("skipped: no /bin/busybox to make an image of"),
        Err(error) => return println!("skipped: {error}"),
    };
    let image = format!("sea-test-{}:1", worktree.state.id());
    import(&image, &worktree).await;
    let mut app = app("container", None);
    app.resources.get_mut(&name("db")).unwrap().image.propose(image.clone(), Origin::detected("test"));

    let mut ports = Ports::open(&worktree.state);
    let request =
        resource::requests(&app, &mut ports, &mut Secrets::open(&worktree.state)).unwrap().remove(0);
    let context = Context { engine: Some(&engine), ..worktree.context() };
    let mut prepared = resource::prepare(request, context).await.unwrap();
    let port = prepared.port.take().unwrap().hand_over();
    let Runs::Container(spec) = &prepared.runs else { panic!("it runs elsewhere") };
    // The image says nothing about itself; a spec of ours says all.
    let script = "echo started; /bin/busybox httpd -p 8080 -h /data; echo \"$GREETING\" > /data/index.html; exec /bin/busybox sleep 600";
    let spec = Spec {
        command: ["/bin/sh", "-c", script].map(str::to_owned).into(),
        env: BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]),
        ports: vec![(8080, port)],
        volumes: vec![(spec.name.clone(), "/data".to_owned())],
        ..(**spec).clone()
    };
    engine.pull(&spec.image, &|_| {}).await.unwrap();
    engine.start(&spec).await.unwrap();
    // Whoever starts it again replaces it.
    let id = engine.start(&spec).await.unwrap();

    let answer = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Ok(mut stream) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await {
                let request = b"GET /index.html HTTP/1.0\r\n\r\n";
                let mut answer = String::new();
                let asked = tokio::io::AsyncWriteExt::write_all(&mut stream, request).await;
                if asked.is_ok()
                    && stream.read_to_string(&mut answer).await.is_ok()
                    && answer.contains("hello")
                {
                    return answer;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(answer.await.unwrap().starts_with("HTTP/1.1 200"));
    let mut logs = std::pin::pin!(engine.logs(&id));
    assert_eq!(tokio::time::timeout(PATIENCE, logs.next()).await.unwrap().unwrap().text, "started");

    let left = engine.leftovers(&worktree.state).await.unwrap();
    assert_eq!((left.len(), left[0].resource.as_str(), left[0].running), (1, "db", true));
    engine.stop(&id, Duration::from_secs(1)).await.unwrap();
    assert!(!engine.state(&id).await.unwrap().0);
    engine.stop(&id, Duration::from_secs(1)).await.unwrap();
    engine.forget(&spec).await.unwrap();
    engine.forget(&spec).await.unwrap();
    assert!(engine.leftovers(&worktree.state).await.unwrap().is_empty());

    let lines = Mutex::new(Vec::new());
    let error = engine.pull("127.0.0.1:1/nothing:1", &keep(&lines)).await.unwrap_err();
    assert!(
        error.to_string().starts_with("the container engine could not pull 127.0.0.1:1/nothing:1: "),
        "{error}"
    );
    let docker = bollard::Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap();
    docker.remove_image(&image, None::<bollard::query_parameters::RemoveImageOptions>, None).await.unwrap();
}

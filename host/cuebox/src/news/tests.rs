use std::sync::Mutex;

use super::*;

#[tokio::test]
async fn a_change_is_told_once_to_each() {
    let news = News::new(1);
    let mut follower = news.follow();
    news.change(|value| std::mem::replace(value, 2) != 2);
    follower.changed().await;
    assert_eq!(news.read(|value| *value), 2);
    news.change(|_| false);
    let again = is_told(&mut follower).await;
    assert!(!again, "nothing has changed since");
    news.change(|value| std::mem::replace(value, 3) != 3);
    follower.mark_seen();
    assert!(!is_told(&mut follower).await);
}

/// Whether a change is told at once.
async fn is_told(follower: &mut Follower<i32>) -> bool {
    tokio::select! {
        biased;
        () = follower.changed() => true,
        () = std::future::ready(()) => false,
    }
}

#[tokio::test]
async fn those_who_wait_are_woken_in_order() {
    let news = News::new(0);
    let woken: Arc<Mutex<Vec<usize>>> = Arc::default();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (mut follower, woken) = (news.follow(), woken.clone());
        tasks.spawn(async move {
            follower.changed().await;
            woken.lock().unwrap().push(number);
        });
    }
    tokio::task::yield_now().await;
    news.change(|value| std::mem::replace(value, 1) != 1);
    tasks.join_all().await;
    assert_eq!(*woken.lock().unwrap(), (0..40).collect::<Vec<_>>());
}

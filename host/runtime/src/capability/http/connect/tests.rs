use std::sync::Mutex;

use super::*;

/// A resolver that gives its answers one after the other, the last one again and again.
pub(crate) fn planned(answers: &[&[&str]]) -> Resolver {
    let parsed = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
    let mut answers: Vec<Vec<IpAddr>> = answers.iter().map(parsed).rev().collect();
    let last = answers.first().cloned().unwrap();
    let answers = Mutex::new(std::mem::take(&mut answers));
    Arc::new(move |_| {
        let answer = answers.lock().unwrap().pop().unwrap_or_else(|| last.clone());
        Box::pin(async move { Ok(answer) })
    })
}

async fn check(resolver: &Connector, url: &str, lines: &[&str]) -> Result<usize, String> {
    let target = Target::parse(url).unwrap();
    let grants: Vec<HttpGrant> =
        lines.iter().map(|line| HttpGrant::new(line.parse().unwrap())).collect();
    match resolver.check(&target, &grants).await {
        Ok((addresses, grant)) => {
            assert!(addresses.iter().all(|address| address.port() == target.port));
            Ok(grants.iter().position(|line| line == grant).unwrap())
        }
        Err(ConnectError::Refused(address)) => Err(address.to_string()),
        Err(ConnectError::Failed(error)) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_from_then_on() {
    let connector = Connector::new(planned(&[&["93.184.215.14"], &["127.0.0.1"]]), &[]);
    let line = ["GET http://a.example.com/"];
    assert_eq!(check(&connector, "http://a.example.com/", &line).await, Ok(0));
    assert_eq!(
        check(&connector, "http://a.example.com/", &line).await,
        Err("127.0.0.1".to_owned())
    );
}

#[tokio::test]
async fn one_address_that_is_not_allowed_spoils_the_name() {
    for private in [
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "fd00:ec2::254",
        "64:ff9b::7f00:1",
    ] {
        for addresses in [["93.184.215.14", private], [private, "93.184.215.14"]] {
            let connector = Connector::new(planned(&[&addresses]), &[]);
            let checked =
                check(&connector, "https://a.example.com/", &["GET https://*.example.com/"]).await;
            assert!(checked.is_err(), "{addresses:?}");
        }
    }
}

#[tokio::test]
async fn the_first_line_that_admits_all_addresses_counts() {
    let connector = Connector::new(planned(&[&["10.1.2.3", "10.1.2.4"]]), &[]);
    let lines = [
        "GET http://a.example.com/",
        "GET http://a.example.com/ via 10.1.2.3",
        "GET http://a.example.com/ via 10.1.0.0/16",
    ];
    assert_eq!(check(&connector, "http://a.example.com/", &lines).await, Ok(2));
}

#[tokio::test]
async fn a_name_without_addresses_is_no_host() {
    let connector = Connector::new(planned(&[&[]]), &[]);
    let line = ["GET http://a.example.com/"];
    assert_eq!(
        check(&connector, "http://a.example.com/", &line).await,
        Err("DNS error".to_owned())
    );
}

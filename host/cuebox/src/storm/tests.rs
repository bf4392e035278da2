use super::*;

const ROUNDS: u32 = 3;

/// A studio in which plugins react to events at once.
struct Studio {
    storm: Storm,
    events: u64,
    now: i64,
}

/// What a plugin reacts to, and what it then writes.
#[derive(Clone)]
struct Reaction {
    plugin: &'static str,
    on: (&'static str, &'static str),
    writes: Vec<SiteWrite>,
}

fn update(entity_type: &str, id: u64, field: &str) -> SiteWrite {
    let (entity_type, fields) = (entity_type.to_owned(), vec![field.to_owned()]);
    SiteWrite { kind: WriteKind::Update, entity_type, id: Some(id), fields }
}

impl Studio {
    fn new() -> Self {
        Self { storm: Storm::new(Some(ROUNDS)), events: 0, now: 0 }
    }

    /// Has somebody change a field, and everybody react to what follows, until nobody does, or `writes_max` were made. Answers how
    /// many writes each plugin made, and the loops that were found; plugins of a loop are stopped.
    fn run(
        &mut self,
        reactions: &[Reaction],
        (entity_type, id, field): (&str, u64, &str),
        writes_max: usize,
    ) -> (BTreeMap<&'static str, usize>, Vec<Loop>) {
        let (mut writes, mut loops) = (BTreeMap::new(), Vec::<Loop>::new());
        let mut events = VecDeque::from([(entity_type.to_owned(), id, field.to_owned(), false)]);
        while let Some((entity_type, id, field, is_by_script)) = events.pop_front() {
            self.events += 1;
            self.now += 10;
            let event = EventId(self.events);
            let seen = Seen {
                event,
                entity: (&entity_type, id),
                what: What::Field(field.as_str().into()),
                is_by_script,
                mirror_of: None,
                arrived: Timestamp(self.now),
            };
            for reaction in reactions.iter().filter(|one| one.on == (&*entity_type, &*field)) {
                let plugin: Arc<str> = reaction.plugin.into();
                if loops.iter().any(|found| found.plugins.contains(&plugin)) {
                    continue;
                }
                let cause = self.storm.saw(&seen);
                if let Some(found) =
                    cause.and_then(|cause| self.storm.judge(&cause, &plugin, event))
                {
                    loops.push(found);
                    continue;
                }
                for write in &reaction.writes {
                    if writes.values().sum::<usize>() == writes_max {
                        return (writes, loops);
                    }
                    *writes.entry(reaction.plugin).or_default() += 1;
                    self.storm.wrote(&plugin, event, write, Timestamp(self.now));
                    let id = write.id.unwrap_or(self.events + 1_000);
                    let fields = write.fields.iter();
                    events.extend(
                        fields.map(|field| (write.entity_type.clone(), id, field.clone(), true)),
                    );
                }
            }
        }
        (writes, loops)
    }
}

fn reaction(plugin: &'static str, on: (&'static str, &'static str), write: SiteWrite) -> Reaction {
    Reaction { plugin, on, writes: vec![write] }
}

#[test]
fn two_plugins_that_set_each_other_off_are_stopped_and_a_third_is_not() {
    let reactions = [
        reaction("a", ("Shot", "x"), update("Shot", 1, "y")),
        reaction("b", ("Shot", "y"), update("Shot", 1, "x")),
        reaction("third", ("Shot", "y"), update("Note", 7, "text")),
    ];
    let (writes, loops) = Studio::new().run(&reactions, ("Shot", 1, "x"), 1_000);
    let [found] = &loops[..] else { panic!("{loops:?}") };
    assert_eq!(found.plugins, BTreeSet::from(["a".into(), "b".into()]));
    assert_eq!((&*found.writer, &*found.reader), ("a", "b"));
    assert_eq!((&*found.written, found.rounds), ("`y` of Shot 1", ROUNDS));
    assert_eq!(writes, BTreeMap::from([("a", 3), ("b", 2), ("third", 3)]));
}

#[test]
fn a_plugin_that_sets_itself_off_is_stopped() {
    let reactions = [reaction("a", ("Shot", "x"), update("Shot", 1, "x"))];
    let (writes, loops) = Studio::new().run(&reactions, ("Shot", 1, "x"), 1_000);
    assert_eq!(writes, BTreeMap::from([("a", ROUNDS as usize)]));
    assert_eq!((&*loops[0].writer, &*loops[0].reader), ("a", "a"));
}

#[test]
fn a_plugin_that_makes_ever_more_records_is_stopped() {
    let write = SiteWrite {
        kind: WriteKind::Create,
        entity_type: "Note".to_owned(),
        id: None,
        fields: vec!["subject".to_owned()],
    };
    let reactions = [reaction("a", ("Note", "subject"), write)];
    let (writes, loops) = Studio::new().run(&reactions, ("Note", 1, "subject"), 1_000);
    assert_eq!((writes["a"], &*loops[0].written), (ROUNDS as usize, "a new Note"));
}

#[test]
fn cascades_and_chains_of_any_length_are_let_go_on() {
    // Task to Shot to Sequence, by one plugin.
    let up = [
        reaction("up", ("Task", "status"), update("Shot", 1, "status")),
        reaction("up", ("Shot", "status"), update("Sequence", 1, "status")),
        reaction("up", ("Sequence", "status"), update("Project", 1, "status")),
    ];
    let mut studio = Studio::new();
    for _ in 0..100 {
        // Once for each change that a person makes, however many.
        let (writes, loops) = studio.run(&up, ("Task", 1, "status"), 1_000);
        assert_eq!((writes["up"], loops.len()), (3, 0));
    }
    // Dates that are pushed down a long chain of Tasks that depend on each other.
    let mut storm = Storm::new(Some(ROUNDS));
    let plugin: Arc<str> = "dates".into();
    for id in 1..5_000 {
        let seen = Seen {
            event: EventId(id),
            entity: ("Task", id),
            what: What::Field("start_date".into()),
            is_by_script: id > 1,
            mirror_of: None,
            arrived: Timestamp(0),
        };
        let cause = storm.saw(&seen);
        assert_eq!(cause.and_then(|cause| storm.judge(&cause, &plugin, EventId(id))), None);
        storm.wrote(&plugin, EventId(id), &update("Task", id + 1, "start_date"), Timestamp(0));
    }
}

#[test]
fn what_people_do_is_nobodys_consequence() {
    let mut storm = Storm::new(Some(ROUNDS));
    let plugin: Arc<str> = "a".into();
    for event in 1..100 {
        let seen = Seen {
            event: EventId(event),
            entity: ("Shot", 1),
            what: What::Field("x".into()),
            is_by_script: false,
            mirror_of: None,
            arrived: Timestamp(0),
        };
        assert!(storm.saw(&seen).is_none());
        storm.wrote(&plugin, EventId(event), &update("Shot", 1, "x"), Timestamp(0));
    }
}

#[test]
fn what_was_written_long_ago_caused_nothing_and_neither_did_what_comes_later() {
    let mut storm = Storm::new(Some(ROUNDS));
    storm.wrote(&"a".into(), EventId(1), &update("Shot", 1, "x"), Timestamp(1_000));
    let seen = |event, arrived| Seen {
        event: EventId(event),
        entity: ("Shot", 1),
        what: What::Field("x".into()),
        is_by_script: true,
        mirror_of: None,
        arrived: Timestamp(arrived),
    };
    assert!(storm.saw(&seen(2, 999)).is_none());
    assert!(storm.saw(&seen(3, 1_000)).is_some());
    assert!(storm.saw(&seen(4, 1_000 + 600_001)).is_none());
}

/// Over many made-up studios: what never ends is stopped, with all that it needs to go on, and what ends by itself is left alone.
#[test]
fn every_loop_ends_and_nothing_else_is_stopped() {
    const FIELDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    const PLUGINS: [&str; 4] = ["p", "q", "r", "s"];
    for seed in 0..2_000_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |max: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % max
        };
        let reactions: Vec<Reaction> = (0..1 + draw(6))
            .map(|_| {
                let (from, to) = (FIELDS[draw(6)], FIELDS[draw(6)]);
                reaction(PLUGINS[draw(4)], ("Shot", from), update("Shot", 1, to))
            })
            .collect();
        let ends = ends(&reactions, "a");
        let (writes, loops) = Studio::new().run(&reactions, ("Shot", 1, "a"), 20_000);
        let total: usize = writes.values().sum();
        assert!(total < 20_000, "seed {seed}: it does not end: {writes:?}");
        assert_eq!(loops.is_empty(), ends, "seed {seed}: {loops:?}");
        for found in &loops {
            // Each of them goes on from what another one of them writes.
            for plugin in &found.plugins {
                let is_fed = reactions.iter().any(|one| one.plugin == &**plugin);
                assert!(is_fed, "seed {seed}: {plugin} has nothing to do with it");
            }
        }
    }
}

/// Whether nothing that can follow from a change of this field comes back to itself.
fn ends(reactions: &[Reaction], field: &str) -> bool {
    fn walk<'a>(reactions: &'a [Reaction], field: &'a str, way: &mut Vec<&'a str>) -> bool {
        if way.contains(&field) {
            return false;
        }
        way.push(field);
        let mut next = reactions.iter().filter(|one| one.on.1 == field);
        let all = next.all(|one| walk(reactions, &one.writes[0].fields[0], way));
        way.pop();
        all
    }
    walk(reactions, field, &mut Vec::new())
}

//! Narrowing a question to what may be read: the rows to the projects of the lines that allow it, each condition over a link
//! to those of the lines for what is linked, and each answered path to where its value may be seen.

use std::collections::{BTreeMap, BTreeSet};

use super::effective::{ALL_TYPES, Effective};
use super::grant::{Operation, Projects};
use super::grants::Need;
use super::path::{Path, REVERSE, project_of};
use super::question::{Condition, FieldKind, Filter, Question, Schema};
use super::refusal::Refusal;

#[cfg(test)]
mod tests;

/// A question that can be asked, and what is to be done with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowed<V> {
    /// Which rows, of those that were asked for.
    pub filter: Filter<V>,
    /// Paths to ask for besides those that were, and to take out of the answer.
    pub hidden: Vec<String>,
    /// When the value at a path is seen; it is null where one of its checks fails. Paths without checks are always seen.
    pub checks: BTreeMap<String, Vec<Check>>,
    /// Where the rows are.
    pub projects: Projects,
}

/// That what is at `path` in the same row is one of these projects, or the number of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// A path of the answer, asked for or hidden.
    pub path: String,
    /// The projects.
    pub projects: BTreeSet<u64>,
}

/// Why a question cannot be narrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecided {
    /// It is refused.
    Refused(Refusal),
    /// It depends on the fields of this type: to be asked again when the schema holds them.
    NeedsSchema(String),
}

impl From<Refusal> for Undecided {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<V> Question<V> {
    /// Narrows the question to what may be read.
    pub fn narrow(self, effective: &Effective, schema: &Schema) -> Result<Narrowed<V>, Undecided> {
        let touched = self.touched()?;
        effective.allow_apart(&touched.elsewhere)?;
        let projects = effective.allow(&touched.on_rows)?;
        let narrowing = Narrowing { root: &self.entity_type, effective, schema };
        narrowing.refuse_unless_open("order by", &self.order)?;
        narrowing.refuse_names("order by", &self.order)?;
        narrowing.refuse_unless_open("summarize", &self.summaries)?;
        narrowing.refuse_unless_open("group by", &self.grouping)?;
        narrowing.refuse_names("group by", &self.grouping)?;
        let mut checks = BTreeMap::new();
        for path in &self.fields {
            let path_checks = narrowing.checks("read", path)?;
            if !path_checks.is_empty() {
                checks.insert(path.clone(), path_checks);
            }
        }
        let asked: BTreeSet<&String> = self.fields.iter().collect();
        let hidden: BTreeSet<_> =
            checks.values().flatten().map(|check| check.path.clone()).collect();
        let hidden = hidden.into_iter().filter(|path| !asked.contains(path)).collect();
        let filter = narrowing.filter(self.filter)?;
        let filter = match projects.clone() {
            Projects::Any => filter,
            Projects::Only(projects) => {
                let path = project_of(None, &self.entity_type);
                Filter::All(vec![Filter::InProjects { path, projects }, filter])
            }
        };
        Ok(Narrowed { filter, hidden, checks, projects })
    }

    /// Everything that the question reads, wherever it is. None if it cannot be understood.
    #[must_use]
    pub fn needs(&self) -> Option<BTreeSet<Need>> {
        let Touched { on_rows, elsewhere } = self.touched().ok()?;
        Some(on_rows.into_iter().chain(elsewhere).collect())
    }

    /// Everything that the question reads.
    fn touched(&self) -> Result<Touched, Refusal> {
        let mut touched = Touched::default();
        // Which rows there are is always answered.
        touched.on_rows.insert(Need::of(Operation::Read, &self.entity_type, None));
        let others = [
            ("read", &self.fields),
            ("order by", &self.order),
            ("summarize", &self.summaries),
            ("group by", &self.grouping),
        ];
        for (what, paths) in others {
            for path in paths {
                touched.add(&Path::parse(what, &self.entity_type, path)?);
            }
        }
        self.filter.touched(&self.entity_type, &mut touched)?;
        Ok(touched)
    }
}

/// What a question reads.
#[derive(Debug, Default)]
struct Touched {
    /// Of the rows themselves.
    on_rows: BTreeSet<Need>,
    /// Of what they lead to.
    elsewhere: BTreeSet<Need>,
}

impl Touched {
    fn add(&mut self, path: &Path<'_>) {
        let (first, others) = path.needs();
        self.on_rows.insert(first);
        self.elsewhere.extend(others.into_iter().map(|(.., need)| need));
    }
}

impl Effective {
    /// Whether all of these are allowed, each on a record of its own.
    fn allow_apart(&self, needs: &BTreeSet<Need>) -> Result<(), Refusal> {
        match self.allow(needs) {
            Ok(_) => Ok(()),
            Err(Refusal::NoProjectInCommon { .. }) => {
                needs.iter().try_for_each(|need| self.allow(&[need.clone()].into()).map(drop))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

impl<V> Filter<V> {
    fn touched(&self, root: &str, touched: &mut Touched) -> Result<(), Refusal> {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().try_for_each(|filter| filter.touched(root, touched))
            }
            Self::InProjects { .. } => Ok(()),
            Self::Condition(Condition { path, .. }) => {
                if let Some(reverse) = Reverse::parse(path)? {
                    touched.elsewhere.insert(Need::read(reverse.from, reverse.link));
                    let (first, others) = reverse.rest.needs();
                    touched.elsewhere.insert(first);
                    touched.elsewhere.extend(others.into_iter().map(|(.., need)| need));
                } else {
                    touched.add(&Path::parse("filter by", root, path)?);
                }
                Ok(())
            }
        }
    }
}

/// `$FROM$Task.entity.sg_status_list`: a path from the records that link to a row.
struct Reverse<'a> {
    from: &'a str,
    link: &'a str,
    rest: Path<'a>,
}

impl<'a> Reverse<'a> {
    /// None for an ordinary path.
    fn parse(text: &'a str) -> Result<Option<Self>, Refusal> {
        let Some(inner) = text.strip_prefix(REVERSE) else { return Ok(None) };
        let mut parts = inner.splitn(3, '.');
        let (Some(from), Some(link), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            let why = "it is not a path like $FROM$Task.entity.id";
            return Err(Refusal::cannot_be_held("filter by", text, why));
        };
        let rest = Path::parse("filter by", from, rest)?;
        Ok(Some(Self { from, link, rest }))
    }
}

/// What decides about single paths.
struct Narrowing<'a> {
    root: &'a str,
    effective: &'a Effective,
    schema: &'a Schema,
}

impl Narrowing<'_> {
    /// The projects that what a path leads to must be in.
    fn checks(&self, what: &'static str, path: &str) -> Result<Vec<Check>, Refusal> {
        let mut checks: Vec<Check> = Vec::new();
        for (prefix, target, need) in Path::parse(what, self.root, path)?.needs().1 {
            if let Projects::Only(projects) = self.effective.projects(&need) {
                checks.push(Check { path: project_of(Some(prefix), target), projects });
            }
        }
        Ok(checks)
    }

    /// Refuses paths into types that can be read in some projects only: neither an order nor a sum can leave out what must not
    /// be seen.
    fn refuse_unless_open(&self, what: &'static str, paths: &[String]) -> Result<(), Refusal> {
        for path in paths {
            if !self.checks(what, path)?.is_empty() {
                let why =
                    "what it leads to is granted in some projects only; read it as a field instead";
                return Err(Refusal::cannot_be_held(what, path, why));
            }
        }
        Ok(())
    }

    /// Refuses paths that end in links: rows are put in order, and groups named, by the names of what is linked.
    fn refuse_names(&self, what: &'static str, paths: &[String]) -> Result<(), Undecided> {
        for text in paths {
            let path = Path::parse(what, self.root, text)?;
            self.refuse_name(what, text, (path.end, path.field))?;
        }
        Ok(())
    }

    fn refuse_name(
        &self,
        what: &'static str,
        text: &str,
        (entity_type, field): (&str, &str),
    ) -> Result<(), Undecided> {
        if self.effective.reads_all_names() {
            return Ok(());
        }
        match self.schema.kind(entity_type, field).map_err(Undecided::NeedsSchema)? {
            FieldKind::Plain => Ok(()),
            FieldKind::Link | FieldKind::Links => {
                let why = format!(
                    "that reads the names of whatever it links to, which needs \
                     \"read {ALL_TYPES}.{}\"; take a path over the link, such as `{text}.TYPE.code`",
                    super::effective::DISPLAY_NAME
                );
                Err(Refusal::cannot_be_held(what, text, why).into())
            }
        }
    }

    fn filter<V>(&self, filter: Filter<V>) -> Result<Filter<V>, Undecided> {
        let all = |filters: Vec<Filter<V>>| {
            filters.into_iter().map(|filter| self.filter(filter)).collect::<Result<Vec<_>, _>>()
        };
        match filter {
            Filter::All(filters) => Ok(Filter::All(all(filters)?)),
            Filter::Any(filters) => Ok(Filter::Any(all(filters)?)),
            Filter::Condition(condition) => self.condition(condition),
            own @ Filter::InProjects { .. } => Ok(own),
        }
    }

    fn condition<V>(&self, condition: Condition<V>) -> Result<Filter<V>, Undecided> {
        let text = &condition.path;
        let reverse = Reverse::parse(text)?;
        let path = match &reverse {
            Some(reverse) => reverse.rest.clone(),
            None => Path::parse("filter by", self.root, text)?,
        };
        let reads_names = condition.relation.starts_with("name_")
            || (condition.has_text && !condition.relation.starts_with("type_"));
        if reads_names {
            self.refuse_name("filter by", text, (path.end, path.field))?;
        }
        if let Some(reverse) = reverse {
            let mut needs = BTreeSet::from([Need::read(reverse.from, reverse.link)]);
            let (first, others) = reverse.rest.needs();
            needs.insert(first);
            needs.extend(others.into_iter().map(|(.., need)| need));
            if needs.iter().any(|need| self.effective.projects(need) != Projects::Any) {
                let why =
                    "what links here is granted in some projects only; read those records instead";
                return Err(Refusal::cannot_be_held("filter by", text, why).into());
            }
            return Ok(Filter::Condition(condition));
        }
        let checks = self.checks("filter by", text)?;
        let Some(last) = checks.last() else { return Ok(Filter::Condition(condition)) };
        // Over a list of links, one record could fulfil the condition and another one be in the project.
        for step in path.steps.iter().filter(|step| last.path.starts_with(step.prefix)) {
            let kind = self.schema.kind(step.from, step.link);
            if kind.map_err(Undecided::NeedsSchema)? != FieldKind::Link {
                let why = format!(
                    "`{}` is not a link to one record, and what it leads to is granted in some projects only; read \
                     those records instead",
                    step.link
                );
                return Err(Refusal::cannot_be_held("filter by", text, why).into());
            }
        }
        let mut filters: Vec<_> = checks
            .into_iter()
            .map(|Check { path, projects }| Filter::InProjects { path, projects })
            .collect();
        filters.push(Filter::Condition(condition));
        Ok(Filter::All(filters))
    }
}

impl<V> Narrowed<V> {
    /// Whether the value at a path of the answer is seen, given which project is at another path of the same row.
    pub fn shows(&self, path: &str, project_at: impl Fn(&str) -> Option<u64>) -> bool {
        let mut checks = self.checks.get(path).into_iter().flatten();
        checks.all(|check| project_at(&check.path).is_some_and(|id| check.projects.contains(&id)))
    }
}

//! Routes as ASP.NET Core matches them: without regard to letter case, with an optional slash at the end, with
//! constraints that turn a mismatch into "no such route".
//!
//! ```text
//! instances/{instanceOwnerPartyId:int}/{instanceGuid:guid}/data/{dataGuid:guid}
//! ```
//!
//! A template's literal segments beat parameters, and constrained parameters beat unconstrained ones. The method is
//! judged before the constraints: a path of the right shape with a method that no template of the shape has is 405 with
//! `Allow`, and what then fails its constraints is no route at all.

use http::Method;

use crate::dotnet::query::percent_decode;
use crate::dotnet::{guid, number};

/// The values of a path's parameters, percent-decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RouteValues(Vec<(&'static str, String)>);

impl RouteValues {
    /// The value of the parameter `name`; empty when the template has none of that name.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

/// What a path and method lead to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Matched<'r, T> {
    /// A route, with the values of its parameters.
    Route(&'r T, RouteValues),
    /// The path exists, but not with this method: the value of `Allow`.
    OtherMethod(String),
    /// No such path.
    Nothing,
}

/// A table of routes, each with a target of type `T`.
#[derive(Debug)]
pub(crate) struct Router<T> {
    routes: Vec<Route<T>>,
}

#[derive(Debug)]
struct Route<T> {
    /// `None` for any, those that nobody knows included.
    method: Option<Method>,
    segments: Vec<Segment>,
    target: T,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Parameter(&'static str, Constraint),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Constraint {
    Any,
    Int,
    Guid,
}

impl<T> Router<T> {
    /// A table without routes.
    pub(crate) fn new() -> Self {
        Self { routes: Vec::new() }
    }

    /// Adds a route. `template` has no slash at either end.
    #[must_use]
    pub(crate) fn route(self, method: Method, template: &'static str, target: T) -> Self {
        self.with(Some(method), template, target)
    }

    /// Adds a route for every method that has none of its own.
    #[must_use]
    pub(crate) fn any(self, template: &'static str, target: T) -> Self {
        self.with(None, template, target)
    }

    fn with(mut self, method: Option<Method>, template: &'static str, target: T) -> Self {
        self.routes.push(Route { method, segments: template.split('/').map(segment).collect(), target });
        self
    }

    /// What `method` and `path` (still percent-encoded, without the prefix that the templates leave out) lead to.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Matched<'_, T> {
        let Some(parts) = parts(path) else { return Matched::Nothing };
        let shaped: Vec<&Route<T>> = self.routes.iter().filter(|route| route.has_shape(&parts)).collect();
        if shaped.is_empty() {
            return Matched::Nothing;
        }
        let takes = |route: &&Route<T>| route.method.as_ref().is_none_or(|known| known == method);
        let of_method: Vec<&Route<T>> = shaped.iter().copied().filter(takes).collect();
        if of_method.is_empty() {
            let mut allowed: Vec<&str> =
                shaped.iter().filter_map(|route| Some(route.method.as_ref()?.as_str())).collect();
            allowed.sort_unstable();
            allowed.dedup();
            return Matched::OtherMethod(allowed.join(", "));
        }
        let fitting = of_method.into_iter().filter_map(|route| Some((route, route.values(&parts)?)));
        match fitting.min_by_key(|(route, _)| (route.rank(), route.method.is_none())) {
            Some((route, values)) => Matched::Route(&route.target, values),
            None => Matched::Nothing,
        }
    }
}

impl<T> Route<T> {
    /// Whether the literal segments fit, and the number of segments.
    fn has_shape(&self, parts: &[String]) -> bool {
        let fits = |(segment, part): (&Segment, &String)| match segment {
            Segment::Literal(literal) => literal.eq_ignore_ascii_case(part),
            Segment::Parameter(..) => true,
        };
        self.segments.len() == parts.len() && self.segments.iter().zip(parts).all(fits)
    }

    /// The parameters of a path of this shape; `None` when one doesn't meet its constraint.
    fn values(&self, parts: &[String]) -> Option<RouteValues> {
        let mut values = RouteValues::default();
        for (segment, part) in self.segments.iter().zip(parts) {
            if let Segment::Parameter(name, constraint) = *segment {
                if !constraint.accepts(part) {
                    return None;
                }
                values.0.push((name, part.clone()));
            }
        }
        Some(values)
    }

    fn rank(&self) -> Vec<u8> {
        self.segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(_) => 0,
                Segment::Parameter(_, Constraint::Any) => 2,
                Segment::Parameter(..) => 1,
            })
            .collect()
    }
}

impl Constraint {
    fn accepts(self, value: &str) -> bool {
        match self {
            Self::Any => !value.is_empty(),
            Self::Int => number::route_int32(value).is_some(),
            Self::Guid => guid::parse(value).is_some(),
        }
    }
}

fn segment(text: &'static str) -> Segment {
    let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        return Segment::Literal(text);
    };
    match inner.split_once(':') {
        Some((name, "int")) => Segment::Parameter(name, Constraint::Int),
        Some((name, "guid")) => Segment::Parameter(name, Constraint::Guid),
        Some((name, _)) => Segment::Parameter(name, Constraint::Any),
        None => Segment::Parameter(inner, Constraint::Any),
    }
}

/// The decoded segments of a path; `None` when one can't be part of any route, because it is empty.
fn parts(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let parts: Vec<String> = path.split('/').map(decoded).collect();
    parts.iter().all(|part| !part.is_empty()).then_some(parts)
}

/// A segment without its escapes, except those of a slash, which the server keeps.
fn decoded(segment: &str) -> String {
    let kept = segment.replace("%2F", "%252F").replace("%2f", "%252f");
    percent_decode(&kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn router() -> Router<u8> {
        Router::new()
            .route(Method::GET, "instances", 1)
            .route(Method::POST, "instances", 2)
            .route(Method::GET, "instances/{party:int}/{guid:guid}", 3)
            .route(Method::GET, "instances/{party:int}/search", 4)
            .route(Method::PUT, "instances/{party:int}/{guid}", 5)
            .route(Method::GET, "apps/{app}", 6)
            .any("open", 7)
            .route(Method::GET, "open", 8)
    }

    fn find(method: &Method, path: &str) -> Option<u8> {
        match router().find(method, path) {
            Matched::Route(target, _) => Some(*target),
            _ => None,
        }
    }

    #[test]
    fn case_and_a_slash_at_the_end_do_not_matter() {
        assert_eq!(find(&Method::GET, "Instances/"), Some(1));
        assert_eq!(find(&Method::POST, "/instances"), Some(2));
        assert_eq!(find(&Method::GET, "instances//"), None);
    }

    #[test]
    fn constraints_decide_whether_there_is_a_route() {
        let guid = "aaaaaaaa-0000-4000-8000-00000000dead";
        assert_eq!(find(&Method::GET, &format!("instances/1/{guid}")), Some(3));
        assert_eq!(find(&Method::GET, &format!("instances/-1/%7B{guid}%7D")), Some(3));
        assert_eq!(find(&Method::GET, "instances/1/search"), Some(4));
        assert_eq!(find(&Method::PUT, "instances/1/x"), Some(5));
        assert_eq!(router().find(&Method::GET, &format!("instances/x/{guid}")), Matched::Nothing);
        assert_eq!(router().find(&Method::GET, "instances/1/x"), Matched::Nothing);
        assert_eq!(router().find(&Method::PATCH, "instances/x/y"), Matched::OtherMethod("GET, PUT".to_owned()));
        assert_eq!(router().find(&Method::PATCH, "instances"), Matched::OtherMethod("GET, POST".to_owned()));
    }

    #[test]
    fn a_method_of_its_own_beats_any() {
        assert_eq!(find(&Method::GET, "open"), Some(8));
        assert_eq!(find(&Method::PUT, "open"), Some(7));
        assert_eq!(find(&Method::from_bytes(b"PURGE").unwrap(), "open"), Some(7));
    }

    #[test]
    fn values_are_decoded_except_slashes() {
        let router = router();
        let Matched::Route(_, values) = router.find(&Method::GET, "apps/tt%20d%2Fx") else { panic!("a route") };
        assert_eq!(values.get("app"), "tt d%2Fx");
        assert_eq!(values.get("nosuch"), "");
    }

    proptest! {
        #[test]
        fn no_path_is_too_much(path in "[a-z/%0-9{}.é-]{0,40}") {
            let _ = router().find(&Method::GET, &path);
        }
    }
}

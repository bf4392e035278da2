//! `${NAME}` in texts: replaced by an environment variable.

/// Replaces every `${NAME}` by what `variable` answers; `$${` is a plain `${`. What comes out of a variable is not looked at
/// again. An `Err` is what is wrong, and never holds a value.
pub(super) fn substitute(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, reference) = rest.split_at(start);
        if let Some(before) = before.strip_suffix('$') {
            result.push_str(before);
            result.push_str("${");
            rest = &reference[2..];
            continue;
        }
        result.push_str(before);
        let Some((name, after)) = reference[2..].split_once('}') else {
            return Err("has a ${ without a }; write $${ for a plain ${".to_owned());
        };
        if !is_variable_name(name) {
            return Err("has a ${…} around something that is not a variable's name; write $${ for a plain ${".to_owned());
        }
        let value = variable(name)
            .ok_or_else(|| format!("needs the environment variable {name}, which is not set"))?;
        result.push_str(&value);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::substitute;

    fn check(text: &str, expected: Result<&str, &str>) {
        let variable = |name: &str| match name {
            "HOST" => Some("a.example".to_owned()),
            "NESTED" => Some("${HOST}".to_owned()),
            _ => None,
        };
        let result = substitute(text, &variable);
        assert_eq!(result.as_deref().map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn variables_are_replaced_once() {
        check("plain $5 {x} $", Ok("plain $5 {x} $"));
        check("https://${HOST}:${HOST}", Ok("https://a.example:a.example"));
        check("${NESTED}", Ok("${HOST}"));
        check("$${HOST} ${HOST}", Ok("${HOST} a.example"));
        check("a$${", Ok("a${"));
    }

    #[test]
    fn what_cannot_be_replaced_is_named() {
        check("${GONE}", Err("needs the environment variable GONE, which is not set"));
        check("${HOST", Err("has a ${ without a }; write $${ for a plain ${"));
        for text in ["${}", "${A-B}", "${1A}", "${HOST:-x}"] {
            check(
                text,
                Err(
                    "has a ${…} around something that is not a variable's name; write $${ for a plain ${",
                ),
            );
        }
    }
}

//! Parses formulas.

use super::{Cells, Comparison, DEEPEST, FOLDS, Fold, Formula, LONGEST, Operand};

/// Parses a formula; the sentence says what is wrong.
pub(super) fn parse(text: &str) -> Result<Formula, String> {
    if text.len() > LONGEST {
        return Err(format!("A formula has at most {LONGEST} characters."));
    }
    let mut parser = Parser { rest: text, depth: 0 };
    let formula = parser.sum()?;
    if parser.peek().is_some() {
        return Err(format!("“{}” is not understood.", parser.rest.trim()));
    }
    Ok(formula)
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.peek();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) {
            return Ok(());
        }
        let found = if self.rest.is_empty() { "the formula ends".to_owned() } else { format!("“{}”", self.rest) };
        Err(format!("A “{sign}” is missing before {found}."))
    }

    fn sum(&mut self) -> Result<Formula, String> {
        let mut formula = self.product()?;
        while let Some(sign @ ('+' | '-')) = self.peek() {
            self.takes(&sign.to_string());
            formula = Formula::Pair(Box::new(formula), sign, Box::new(self.product()?));
        }
        Ok(formula)
    }

    fn product(&mut self) -> Result<Formula, String> {
        let mut formula = self.factor()?;
        while let Some(sign @ ('*' | '/')) = self.peek() {
            self.takes(&sign.to_string());
            formula = Formula::Pair(Box::new(formula), sign, Box::new(self.factor()?));
        }
        Ok(formula)
    }

    fn factor(&mut self) -> Result<Formula, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("The formula is nested too deeply.".to_owned());
        }
        let formula = match self.peek() {
            Some('-') => {
                self.takes("-");
                Ok(Formula::Negative(Box::new(self.factor()?)))
            }
            Some('(') => {
                self.takes("(");
                let inner = self.sum()?;
                self.expect(")").map(|()| inner)
            }
            Some('0'..='9' | '.') => self.number().map(Formula::Number),
            _ => self.cells(),
        };
        self.depth -= 1;
        formula
    }

    fn number(&mut self) -> Result<f64, String> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.parse().map_err(|_| format!("“{number}” isn't a number. Write it like 1200.5."))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        self.peek();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            let found = if self.rest.is_empty() { "the end".to_owned() } else { format!("“{}”", self.rest) };
            return Err(format!("A column, a number or a function is missing before {found}."));
        }
        self.rest = rest;
        Ok(name)
    }

    fn cells(&mut self) -> Result<Formula, String> {
        let name = self.name()?;
        if !self.takes("(") {
            return Ok(Formula::Cells(Fold::Only, self.selected(name)?));
        }
        let Some((_, fold)) = FOLDS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) else {
            let known = FOLDS.map(|(name, _)| name).join(", ");
            return Err(format!("There is no function {name}. There are {known}."));
        };
        let column = self.name()?;
        let cells = self.selected(column)?;
        self.expect(")")?;
        Ok(Formula::Cells(*fold, cells))
    }

    fn selected(&mut self, column: &str) -> Result<Cells, String> {
        let mut cells = Cells { column: column.to_owned(), wheres: Vec::new() };
        if self.takes("[") {
            loop {
                let column = self.name()?.to_owned();
                self.peek();
                let sign = Comparison::SIGNS.into_iter().find(|(sign, _)| self.takes(sign));
                let (_, comparison) = sign.ok_or_else(|| format!("Compare {column} with =, <>, <, <=, > or >=."))?;
                cells.wheres.push((column, comparison, self.operand()?));
                if !self.rest.trim_start().to_ascii_lowercase().starts_with("and ") {
                    break;
                }
                self.name()?;
            }
            self.expect("]")?;
        }
        Ok(cells)
    }

    fn operand(&mut self) -> Result<Operand, String> {
        match self.peek() {
            Some('\'') => self.text().map(Operand::Text),
            Some('-') => {
                self.takes("-");
                self.peek();
                self.number().map(|number| Operand::Number(-number))
            }
            Some('0'..='9' | '.') => self.number().map(Operand::Number),
            _ if self.name()?.eq_ignore_ascii_case("null") => Ok(Operand::Null),
            _ => Err("Compare a column with a number, a text in single quotes, or null.".to_owned()),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut letters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, letter)) = letters.next() {
            if letter != '\'' {
                text.push(letter);
            } else if letters.next_if(|(_, next)| *next == '\'').is_some() {
                text.push('\'');
            } else {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(text);
            }
        }
        Err("A text has no quote at its end.".to_owned())
    }
}

//! Importing SQL: an instructional query is pasted or uploaded, its marked literals are shown, and the selected ones
//! become parameters of a draft. Files with front matter, and several files at once, are saved as they are
//! ([`super::files`]).
//!
//! Nothing is stored before the draft: the second step submits the text again, and its marks are computed again.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use crate::amcsql::instructional::{self, Found, Instruction, Kind, Proposal, recognize};
use crate::amcsql::template::is_name;
use crate::amcsql::text::{LineIndex, Span};
use crate::queries::model::fields::{FieldDef, FieldKind};
use crate::queries::model::{NAME_LENGTH, check_sql};
use crate::queries::store::{self, DraftSeed};
use crate::web::components::{Choice, Errors};
use crate::web::naming;
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Upload, Visit};

/// The source of imported drafts.
const SOURCE: &str = "Instructional query";
/// The value of `draft` in the second step. The editor, which also sends its text here, has the id of its draft there.
const SENT: &str = "yes";
/// Maximum length of a parameter's help, in characters.
const HELP: usize = 300;
/// Displayed characters of a literal.
const SHOWN: usize = 120;

#[derive(Template)]
#[template(path = "queries/import.html")]
struct ImportPage {
    shell: Shell,
    errors: Errors,
    sql: String,
}

#[derive(Template)]
#[template(path = "queries/import_preview.html")]
struct PreviewPage {
    shell: Shell,
    errors: Errors,
    title: String,
    sql: String,
    rows: Vec<Row>,
    kinds: Vec<Choice>,
    /// The number of comments, and how many of them mark a literal.
    literals: i64,
    comments: i64,
}

/// A comment of the text, and what it marks.
struct Row {
    line: usize,
    required: bool,
    note: String,
    /// Why it can't be a parameter; empty if it can.
    reason: &'static str,
    marked: String,
    field: FieldDef,
    is_used: bool,
    /// The names of its inputs and error messages.
    inputs: Inputs,
}

struct Inputs {
    is_used: String,
    name: String,
    kind: String,
    default: String,
    required: String,
}

impl PreviewPage {
    fn error(&self, input: &str) -> &str {
        self.errors.of(input)
    }
}

pub(super) async fn form(_person: Person, visit: Visit) -> Response {
    empty(&visit, Errors::new(), String::new()).await.into_response()
}

async fn empty(visit: &Visit, errors: Errors, sql: String) -> Html<ImportPage> {
    Html(ImportPage { shell: visit.shell("Import a query", Section::Queries).await, errors, sql })
}

/// The marks of a pasted or uploaded text, or of the editor's; once they were chosen, a draft made from it.
pub(super) async fn recognized(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    upload: Upload,
) -> web::Result<Response> {
    let mut errors = Errors::new();
    let is_whole = |text: &str| crate::queries::model::file::read(text).has_front_matter;
    let has_front_matter = |file: &web::UploadedFile| file.text().is_ok_and(|text| is_whole(&text));
    if upload.files.len() > 1 || upload.files.iter().any(has_front_matter) {
        return super::files::save_all(&site, &person, &visit, &upload.files).await;
    }
    let fields = upload.fields;
    let is_sent = fields.get("draft") == SENT;
    if upload.files.is_empty() && !is_sent && is_whole(fields.get("sql")) {
        let bytes = fields.get("sql").as_bytes().to_vec();
        let pasted = web::UploadedFile { name: "Pasted text".to_owned(), bytes };
        return super::files::save_all(&site, &person, &visit, &[pasted]).await;
    }
    let file = upload.files.first();
    let sql = match file.map(web::UploadedFile::text) {
        Some(Ok(text)) => text,
        Some(Err(sentence)) => {
            errors.add("file", sentence);
            String::new()
        }
        None => fields.get("sql").replace("\r\n", "\n").replace('\r', "\n"),
    };
    if errors.is_empty() {
        check_sql(&sql, &mut errors);
    }
    if !errors.is_empty() {
        // OK to omit what is too long to be SQL: the page would be as large.
        let sql = if sql.len() > crate::queries::model::SQL_BYTES { String::new() } else { sql };
        return Ok(empty(&visit, errors, sql).await.unprocessable_by(|page| &page.errors));
    }
    let name = fields.trimmed("name");
    let name = if is_sent || !name.is_empty() { name.to_owned() } else { title(&sql, file) };
    let rows = rows(&sql, is_sent.then_some(&fields), &mut errors);
    if is_sent && let Some(fault) = naming::fault(&name, NAME_LENGTH) {
        errors.add("name", fault);
    }
    if is_sent && errors.is_empty() {
        return draft(&site, &person, &visit, &name, &sql, rows).await;
    }
    let page = Html(PreviewPage {
        shell: visit.shell("Import a query", Section::Queries).await,
        literals: rows.iter().filter(|row| row.reason.is_empty()).count() as i64,
        comments: rows.len() as i64,
        kinds: FieldKind::ALL.into_iter().map(|kind| Choice::new(kind.name(), kind.label())).collect(),
        errors,
        title: name,
        sql,
        rows,
    });
    Ok(if page.0.errors.is_empty() { page.into_response() } else { page.unprocessable_by(|page| &page.errors) })
}

/// The query's name: the title that published queries begin with, or the file's name.
fn title(sql: &str, file: Option<&web::UploadedFile>) -> String {
    let lines = instructional::preamble(sql);
    let titled = lines.iter().find_map(|line| line.strip_prefix("Instructional Query:").map(str::trim));
    let of_file = || file.map(|file| file.name.trim_end_matches(".sql").to_owned());
    let title = titled.map(str::to_owned).or_else(of_file).unwrap_or_default();
    naming::plain(&title).chars().take(NAME_LENGTH).collect()
}

/// The rows of the preview: as recognized, overridden by the form.
fn rows(sql: &str, sent: Option<&Fields>, errors: &mut Errors) -> Vec<Row> {
    let index = LineIndex::new(sql);
    let found = recognize(sql);
    let mut rows: Vec<Row> =
        found.iter().enumerate().map(|(number, it)| row(number, it, sql, index.place(it.comment.start).line)).collect();
    if let Some(sent) = sent {
        for row in rows.iter_mut().filter(|row| row.reason.is_empty()) {
            row.take(sent, errors);
        }
        for at in 0..rows.len() {
            let (before, rest) = rows.split_at(at);
            let Some(row) = rest.first().filter(|row| row.is_used) else { continue };
            if before.iter().any(|other| other.is_used && other.field.name == row.field.name) {
                errors.add(
                    &row.inputs.name,
                    format!("Another parameter is called {}. Choose another name.", row.field.name),
                );
            }
        }
    }
    rows
}

fn row(number: usize, instruction: &Instruction, sql: &str, line: usize) -> Row {
    let input = |part: &str| format!("{part}.{number}");
    let (reason, marked, field) = match &instruction.found {
        Found::Literal(proposal) => {
            ("", shown(proposal.span, sql), field(proposal, instruction.required, &instruction.note))
        }
        Found::Same => ("An earlier comment marks the same literal.", String::new(), FieldDef::default()),
        Found::Uncomment => ("Asks you to uncomment lines. Do that in the editor.", String::new(), FieldDef::default()),
        Found::Table => (
            "Marks rows of several columns, which no parameter holds. Change them in the editor.",
            String::new(),
            FieldDef::default(),
        ),
        Found::Nothing => {
            ("No literal stands near this comment. Follow it in the editor.", String::new(), FieldDef::default())
        }
    };
    Row {
        line,
        required: instruction.required,
        note: instruction.note.clone(),
        is_used: reason.is_empty(),
        reason,
        marked,
        field,
        inputs: Inputs {
            is_used: input("use"),
            name: input("name"),
            kind: input("kind"),
            default: input("default"),
            required: input("required"),
        },
    }
}

fn shown(span: Span, sql: &str) -> String {
    let text = span.of(sql).split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain(['…']).collect() }
}

/// The parameter for a proposal. A required change gets the text's own value as an example; an optional one keeps it
/// as the default.
fn field(proposal: &Proposal, required: bool, note: &str) -> FieldDef {
    let values = proposal.values.join("\n");
    // The extension of a window works as it is, and is validated when it is typed.
    let is_placeholder = required && !proposal.name.starts_with("extend_");
    let help = if is_placeholder {
        let example = proposal.values.first().map_or(String::new(), |value| format!(" Example: {value}"));
        format!("{note}{example}")
    } else {
        note.to_owned()
    };
    FieldDef {
        name: proposal.name.clone(),
        kind: match proposal.kind {
            Kind::Text => FieldKind::Text,
            Kind::Number => FieldKind::Number,
            Kind::Date => FieldKind::Date,
            Kind::DateTime => FieldKind::DateTime,
            Kind::List => FieldKind::List,
            Kind::Choice => FieldKind::Choice,
        },
        label: String::new(),
        help: help.replace(char::is_control, " ").chars().take(HELP).collect(),
        default: if is_placeholder { String::new() } else { values },
        required: true,
        choices: proposal.choices.clone(),
    }
}

impl Row {
    /// Applies the form's input.
    fn take(&mut self, sent: &Fields, errors: &mut Errors) {
        self.is_used = sent.has(&self.inputs.is_used);
        sent.trimmed(&self.inputs.name).clone_into(&mut self.field.name);
        self.field.kind = FieldKind::parse(sent.get(&self.inputs.kind));
        self.field.default = sent.get(&self.inputs.default).replace("\r\n", "\n");
        self.field.required = sent.has(&self.inputs.required);
        if !self.is_used {
            return;
        }
        if !is_name(&self.field.name) {
            errors.add(
                &self.inputs.name,
                "Name the parameter with letters, digits and underscores; a letter comes first.",
            );
        }
        if !self.field.default.trim().is_empty()
            && let Err(sentence) = self.field.value(&self.field.default)
        {
            errors.add(&self.inputs.default, format!("The default does not fit. {sentence}"));
        }
        if self.field.kind == FieldKind::Choice && self.field.choices.is_empty() {
            errors.add(
                &self.inputs.kind,
                "The comment offers no choices. Choose another type; the editor can add choices later.",
            );
        }
    }
}

async fn draft(
    site: &Site,
    person: &Person,
    visit: &Visit,
    name: &str,
    sql: &str,
    rows: Vec<Row>,
) -> web::Result<Response> {
    let found = recognize(sql);
    let used: Vec<(Span, FieldDef)> = std::iter::zip(found, rows)
        .filter_map(|(instruction, row)| match instruction.found {
            Found::Literal(proposal) if row.is_used => Some((proposal.span, row.field)),
            _ => None,
        })
        .collect();
    let chosen: Vec<(Span, &str)> = used.iter().map(|(span, field)| (*span, field.name.as_str())).collect();
    let sql = instructional::convert(sql, &chosen);
    let fields: Vec<FieldDef> = used.into_iter().map(|(_, field)| field).collect();
    let said = crate::web::words::counted(fields.len() as i64, "parameter was made", "parameters were made");
    let now = site.clock.now();
    let mut tx = site.db.write(&person.scope()).await?;
    let seed = DraftSeed { name, source: SOURCE, sql: &sql, fields };
    let id = store::create_draft(&mut tx, &site.random, now, &person.id, seed).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, format!("{said}. Save the query to keep it.")).await;
    Ok(Redirect::to(&format!("/queries/new?draft={id}")).into_response())
}

//! Parameters: RecomAMP's `{{name}}`, and AMC's own.

use super::codes;

codes! { Parameters;
    QUOTED_FIELD = "quoted-field", Warning, [
        "Parameter inside quotes",
        "Inside quotes, {{name}} is plain text: nothing is filled in, and the query finds nothing.",
        "Remove the quotes: a value brings its own. To join text and value, write CONCAT('%', {{name}}, '%').",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign LIKE '%{{name}}%'",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign LIKE CONCAT('%', {{name}}, '%')",
    ];
    PARAMETER_AS_SQL = "parameter-as-sql", Error, [
        "Parameter in place of SQL",
        "A parameter is a value: it is written as a text, a number, a date, a list, or true or false. It can't be a table, a column, the SQL of a condition or a whole query. Alone in place of a condition, as in WHERE {{every}} OR campaign = 'Spring', it is true or false.",
        "Write that part into the query. For variants, save several queries, choose with CASE, or switch a condition on and off with a parameter that is true or false.",
        "SELECT campaign, COUNT(1) AS n FROM {{source}} GROUP BY 1",
        "SELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1",
    ];
    PARAMETER_NAME = "parameter-name", Error, [
        "Name that a parameter can't have",
        "The name starts with a letter A–Z or an underscore, and goes on with letters A–Z, digits and underscores.",
        "Change the name.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = {{campaign-name}}",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = {{campaign_name}}",
    ];
    PARAMETER_TYPE = "parameter-type", Warning, [
        "Parameter with another type than its place",
        "A parameter stands beside a date, say, but its type is text, so that any text is accepted as its value.",
        "Change the parameter's type in the editor.",
        "", "",
    ], on(super::Example::Made);
    SIMILAR_PARAMETERS = "similar-parameters", Warning, [
        "Two spellings of a parameter",
        "Names that differ by case are different parameters, each with a value of its own.",
        "Spell them alike if they are one.",
        "SELECT {{brand}} AS brand, COUNT(1) AS n FROM dsp_clicks WHERE campaign = {{Brand}}",
        "SELECT {{brand}} AS brand, COUNT(1) AS n FROM dsp_clicks WHERE campaign = {{brand}}",
    ];
    MISSING_FIELD = "missing-field", Error, [
        "Parameter without a value",
        "A run needs a value for each parameter that is required.",
        "Fill it in.",
        "", "",
    ], on(super::Example::Made);
    FIELD_VALUE = "field-value", Error, [
        "Value that can't be written",
        "The value does not fit where the parameter stands: a list where one value is needed, an empty list, a text that is too long.",
        "Change the value, or put the parameter into IN (…).",
        "", "",
    ], on(super::Example::Made);
    LONG_PARAMETER = "long-parameter", Warning, [
        "Long value of a custom parameter",
        "Users of AMC report that a custom parameter takes at most 1,024 characters, all values of a list together. Amazon's documentation states no limit.",
        "Write {{name}} in place of CUSTOM_PARAMETER('name'): RecomAMP then puts the value into the SQL, where up to 1 MiB fit.",
        "", "",
    ], on(super::Example::Made);
    COLON_PARAMETER = "colon-parameter", Warning, [
        "Parameter in the form :name",
        "This form is not in AMC's documentation.",
        "Write CUSTOM_PARAMETER('name'), or {{name}} to let RecomAMP fill it in.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = :product",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = CUSTOM_PARAMETER('product')",
    ];
    BUILT_IN_PARAMETER = "built-in-parameter", Error, [
        "Unknown built-in parameter",
        "AMC has two: TIME_WINDOW_START and TIME_WINDOW_END.",
        "Use one of them. Parameters of your own are CUSTOM_PARAMETER('name') or {{name}}.",
        "SELECT BUILT_IN_PARAMETER('TODAY') AS day",
        "SELECT BUILT_IN_PARAMETER('TIME_WINDOW_END') AS day",
    ];
    UNDECLARED_PARAMETER = "undeclared-parameter", Error, [
        "Undeclared parameter",
        "A workflow declares its custom parameters with their types; AMC refuses others.",
        "Declare it, correct its name, or write {{name}}.",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = CUSTOM_PARAMETER('prodct')",
        "SELECT COUNT(1) AS n FROM dsp_clicks WHERE campaign = CUSTOM_PARAMETER('product')",
    ], on(super::Example::Declared);
    REPEATED_PARAMETER = "repeated-parameter", Error, [
        "Parameter declared twice",
        "AMC refuses a workflow that declares a parameter more than once.",
        "Keep one declaration.",
        "", "",
    ], on(super::Example::Made);
}

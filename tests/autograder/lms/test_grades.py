"""Scores on their way from the gradebook to a spreadsheet, Canvas and Moodle, for a class of 400."""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import replace

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder.cli.main import main
from autograder.gradebook.scores import results
from autograder.lms import canvas, grades, moodle, table
from autograder.lms.worksheet import participants
from autograder.nbgrader_plugin.export import CanvasExporter, MoodleExporter, ScoresExporter

from . import big_class
from .big_class import SIZE


def rows(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def by_id(found, assignment):
    return {result.student.id: result for result in found if result.assignment == assignment}


# the gradebook


def test_every_figure_is_nbgraders_own(found, gradebook_url):
    assert len(found) == 2 * SIZE
    with Gradebook(gradebook_url) as gradebook:
        for name in big_class.CELLS:
            mine = by_id(found, name)
            theirs = gradebook.find_assignment(name).submissions
            assert {s.student_id for s in theirs} == {i for i, result in mine.items() if result.submitted}
            for submission in theirs[::7]:
                result = mine[submission.student_id]
                assert result.score == pytest.approx(submission.score, abs=1e-9)
                assert result.max_score == submission.max_score
                assert result.penalty == submission.late_submission_penalty
                assert bool(result.for_a_human) == submission.needs_manual_grade
                assert result.seconds_late == submission.total_seconds_late


def test_a_result_says_what_a_human_did(found):
    mine = by_id(found, "two_layer_net")
    cells = {cell.name: cell for cell in mine["s016"].cells}
    assert cells["gradients"].overridden
    assert not cells["why"].overridden
    assert cells["why"].comment == "Seen, 16."
    assert mine["s017"].total == pytest.approx(max(0, mine["s017"].score - 1.25))
    assert mine["s018"].state == "needs a human"
    assert mine["s019"].state == "not submitted"


def test_an_unknown_assignment_or_student_is_named_with_what_there_is(gradebook_url):
    with Gradebook(gradebook_url) as gradebook:
        with pytest.raises(LookupError, match=r"no assignment cnn; it has: dropout, two_layer_net"):
            list(results(gradebook, ["cnn"]))
        with pytest.raises(LookupError, match="no student nobody"):
            list(results(gradebook, students=["nobody"]))


# text that a spreadsheet would compute


@pytest.mark.parametrize(
    "text", ["=1+1", "+SUM(A1)", "-2+3", "@x", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\u00a0=1", "-Tom"]
)
def test_what_could_be_a_formula_becomes_text(text):
    assert table.harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "-", "-1.5", "+3", "12,5", "Ann-Marie", "a=b", "O'Brien", "0"])
def test_other_text_stays(text):
    assert table.harmless(text) == text


# the plain table


def test_the_table_has_a_row_for_each_student_and_assignment(found):
    written = rows(table.written(grades.every_result(found)))
    assert len(written) == 1 + 2 * SIZE
    records = [dict(zip(written[0], row, strict=True)) for row in written[1:]]
    by_key = {(record["assignment"], record["student_id"]): record for record in records}
    for result in found:
        record = by_key[result.assignment, result.student.id]
        assert record["email"] == result.student.email
        assert record["lms_user_id"] == result.student.lms_id
        assert record["state"] == result.state
        assert float(record["max_score"]) == result.max_score
        if result.submitted:
            assert float(record["score"]) == pytest.approx(result.score, abs=1e-4)
            assert float(record["late_penalty"]) == result.penalty
            assert float(record["total"]) == pytest.approx(result.total, abs=1e-4)
        else:
            assert record["total"] == record["score"] == ""
    assert by_key["dropout", "s002"]["first_name"] == "'=SUM(A1:A9)"


def test_checks_have_columns_and_no_score_is_not_a_zero(found):
    of_one = grades.every_result([r for r in found if r.assignment == "two_layer_net"], checks=True)
    assert of_one.header[-3:] == ["gradients", "scores", "why"]
    by_student = {of_one.get(row, "student_id"): row[-3:] for row in of_one.rows}
    assert by_student["s000"] == ["0", "0", "2"]
    assert by_student["s018"][2] == ""
    assert by_student["s019"] == ["", "", ""]
    of_both = grades.every_result(found, checks=True)
    assert of_both.header[-4:] == [
        "two_layer_net: gradients",
        "two_layer_net: scores",
        "two_layer_net: why",
        "dropout: forward",
    ] or of_both.header[-4:] == [
        "dropout: forward",
        "two_layer_net: gradients",
        "two_layer_net: scores",
        "two_layer_net: why",
    ]


# Canvas


def canvas_import(data):
    """Read a file as Canvas does: heading, Points Possible, students by ID; return (student, title) → points."""
    header, *others = rows(data)
    assert "Student" in header[0]
    assert "ID" in header[1]
    section = header.index("Section")
    assert header[2:4] == ["SIS User ID", "SIS Login ID"]
    assert section == 4
    grid = {}
    for row in others:
        assert len(row) == len(header)
        if "Points Possible" in row[0] or all(text in ("", "Manual Posting") for text in row):
            continue
        for title, text in zip(header[section + 1 :], row[section + 1 :], strict=True):
            grid[row[1], title] = text
    return grid


@pytest.mark.parametrize("missing_as_zero", [False, True])
def test_a_gradebook_from_canvas_comes_back_with_all_scores(found, missing_as_zero):
    exported = table.parse(big_class.canvas_export().encode())
    filled = canvas.fill(exported, found, missing_as_zero=missing_as_zero)
    grid = canvas_import(table.written(filled.table))
    assert len(grid) == 2 * SIZE
    titles = {"two_layer_net": "Two-layer net (5511)", "dropout": "Dropout (5512)"}
    for result in found:
        text = grid[result.student.lms_id, titles[result.assignment]]
        if result.state == "graded":
            assert float(text) == pytest.approx(result.total, abs=0.00501)
        elif result.state == "not submitted" and missing_as_zero:
            assert text == "0"
        else:  # what Canvas has stays
            assert text == ("3.0" if result.assignment == "two_layer_net" else "")
    assert sum("human has to grade why" in note for note in filled.notes) == SIZE // 20
    assert any("Student, Test" in note for note in filled.notes)
    assert len(filled.notes) == SIZE // 20 + 1


def test_a_new_file_for_canvas_names_points_and_columns(found):
    filled = canvas.new_file(found, {"two_layer_net": "Two-layer net (5511)"})
    written = rows(table.written(filled.table))
    assert written[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *written[0][5:]]
    assert dict(zip(written[0][5:], written[1][5:], strict=True)) == {
        "Two-layer net (5511)": "17",
        "dropout": "6.5",
    }
    assert written[1][0] == "    Points Possible"
    grid = canvas_import(table.written(filled.table))
    assert len(grid) == 2 * SIZE
    first = by_id(found, "dropout")["s001"]
    assert float(grid[first.student.lms_id, "dropout"]) == pytest.approx(first.total, abs=0.00501)


def test_a_file_for_canvas_with_semicolons_and_a_mark_keeps_both(found):
    text = "\ufeff" + big_class.canvas_export().replace(",", ";").replace("; ", ", ")
    filled = canvas.fill(table.parse(text.encode()), found)
    written = table.written(filled.table)
    assert written.startswith(b"\xef\xbb\xbfStudent;ID;")
    assert len(filled.table.rows) == SIZE + 2


def test_numbers_for_canvas_are_written_as_it_writes_them(found):
    text = (
        big_class.canvas_export(size=20)
        .replace(",", ";")
        .replace("17.0;6.5", "17,0;6,5")
        .replace(";3.0;", ";3,0;")
    )
    results = [r for r in found if r.student.id in {f"s{n:03d}" for n in range(20)}]
    filled = canvas.fill(table.parse(text.encode()), results)
    given = [cell for row in filled.table.rows[2:] for cell in row[-2:] if cell]
    assert any("," in cell for cell in given)
    assert not any("." in cell for cell in given)


def test_canvas_column_that_is_not_one_is_asked_for(found):
    exported = table.parse(big_class.canvas_export(titles=("HW 1 (5511)", "HW 2 (5512)")).encode())
    with pytest.raises(table.TableError, match=r"no column for 'dropout'.*dropout=ID.*HW 1 \(5511\)"):
        canvas.fill(exported, [r for r in found if r.assignment == "dropout"])
    for heading in ("5512", "HW 2 (5512)", "HW 2"):
        filled = canvas.fill(exported, [r for r in found if r.assignment == "dropout"], {"dropout": heading})
        assert filled.table.header[5:] == ["HW 2 (5512)"]
    with pytest.raises(table.TableError, match="not a gradebook exported from Canvas"):
        canvas.fill(table.parse(b"a,b\n1,2\n"), found)


def test_other_points_in_canvas_are_told(found):
    exported = table.parse(big_class.canvas_export().replace("17.0,6.5", "100.0,6.5").encode())
    notes = canvas.fill(exported, found).notes
    assert "two_layer_net: Canvas has 100.0 points possible, the gradebook 17" in notes


def test_two_students_of_one_name_are_not_told_apart_by_a_guess(found):
    one = next(r for r in found if r.student.id == "s001" and r.assignment == "dropout")
    twins = [
        replace(one, student=replace(one.student, id=id_, lms_id="", email="")) for id_ in ("first", "second")
    ]
    header = "Student,ID,SIS User ID,SIS Login ID,Section,Dropout (1)\n"
    exported = table.parse((header + '"Müller-001, Łukasz",77,,,L1,\n').encode())
    filled = canvas.fill(exported, twins)
    assert filled.table.rows == []
    assert len(filled.notes) == 3


# Moodle


@pytest.mark.parametrize("comma", [False, True])
def test_a_grading_worksheet_comes_back_with_all_scores(found, comma):
    mine = [result for result in found if result.assignment == "two_layer_net"]
    worksheet = table.parse(big_class.moodle_worksheet(comma=comma).encode())
    filled = moodle.fill(worksheet, mine)
    header, *written = rows(table.written(filled.table))
    assert header == worksheet.header
    assert len(written) == SIZE + 1
    by_student = by_id(found, "two_layer_net")
    for number, row in enumerate(written[:SIZE]):
        record, result = dict(zip(header, row, strict=True)), by_student[f"s{number:03d}"]
        assert record["Identifier"] == f"Participant {4000 + number}"
        assert record["Last modified (grade)"] == "-"
        if result.state == "graded" and number != 5:
            assert "." not in record["Grade"] or not comma
            assert float(record["Grade"].replace(",", ".")) == pytest.approx(result.total, abs=0.00501)
        else:
            assert record["Grade"] == ""
    assert any("s005: Moodle does not let this grade be changed" in note for note in filled.notes)
    assert any("Guest Teacher" in note for note in filled.notes)


def test_a_worksheet_of_a_german_moodle(found):
    header = (
        "ID;Vollständiger Name;E-Mail-Adresse;Status;Bewertung;Bestwertung;Bewertung kann geändert werden;"
        "Zuletzt geändert (Abgabe);Zuletzt geändert (Bewertung);Feedback als Kommentar"
    )
    first = "Teilnehmer/in4001;X Y;s001@uni.example;Abgegeben;;17,00;Ja;Montag, 2. März 2026, 10:05;-;"
    second = "Teilnehmer/in4002;X Y;s002@uni.example;Abgegeben;;17,00;Nein;-;-;"
    worksheet = table.parse("\n".join(("\ufeff" + header, first, second)).encode())
    one = by_id(found, "two_layer_net")["s001"]
    filled = moodle.fill(worksheet, [r for r in found if r.assignment == "two_layer_net"])
    assert filled.table.rows[0][4] == grades.points(one.total, 2).replace(".", ",")
    assert filled.table.rows[1][4] == ""
    assert participants(worksheet)["4001"].handed_in == datetime.datetime(2026, 3, 2, 10, 5)
    assert table.written(filled.table).startswith(b"\xef\xbb\xbfID;")


def test_the_file_for_moodles_gradebook_has_ids_and_addresses_as_they_are(found):
    header, *written = rows(table.written(moodle.new_file(found).table))
    assert header[:4] == ["First name", "Last name", "ID number", "Email address"]
    assert set(header[4:]) == {"two_layer_net", "dropout"}
    assert len(written) == SIZE
    assert written[0][3].startswith("S")  # Moodle tells capitals apart
    with pytest.raises(table.TableError, match="of one assignment"):
        moodle.fill(table.parse(big_class.moodle_worksheet().encode()), found)
    with pytest.raises(table.TableError, match="Identifier, Grade"):
        moodle.fill(table.parse(b"a,b\n1,2\n"), found)


# the commands


def test_the_command_writes_each_kind_of_file(gradebook_url, tmp_path):
    def call(*arguments):
        return CliRunner().invoke(main, ["export", "--db", gradebook_url, *map(str, arguments)])

    (tmp_path / "exported.csv").write_text(big_class.canvas_export())
    (tmp_path / "worksheet.csv").write_text(big_class.moodle_worksheet())
    to = tmp_path / "out.csv"
    for arguments, lines in [
        (["--checks"], 2 * SIZE),
        (["dropout"], SIZE),
        (["dropout", "--student", "s001"], 1),
        (["--for", "canvas", "--column", "dropout=5512"], SIZE + 1),
        (["--for", "canvas", "--fill", tmp_path / "exported.csv"], SIZE + 2),
        (["--for", "moodle"], SIZE),
        (["two_layer_net", "--for", "moodle", "--fill", tmp_path / "worksheet.csv"], SIZE + 1),
    ]:
        outcome = call(*arguments, "--to", to)
        assert outcome.exit_code == 0, outcome.output
        assert f"{lines} rows are in" in outcome.output
        assert len(table.read(to).rows) == lines
    assert to.stat().st_mode & 0o077 == 0
    assert call("nothing").exit_code == 2
    assert "no assignment nothing" in call("nothing").output
    assert call("--for", "canvas", "--column", "x").exit_code == 2
    outcome = CliRunner().invoke(main, ["export", "--db", str(tmp_path / "none.db")])
    assert outcome.exit_code == 2
    assert "there is no gradebook" in outcome.output
    assert not (tmp_path / "none.db").exists()


def test_nbgraders_own_command_has_the_same_exporters(gradebook_url, tmp_path):
    (tmp_path / "exported.csv").write_text(big_class.canvas_export())
    (tmp_path / "worksheet.csv").write_text(big_class.moodle_worksheet())
    exporters = [
        (ScoresExporter(checks=True), 2 * SIZE),
        (CanvasExporter(), SIZE + 1),
        (CanvasExporter(exported=str(tmp_path / "exported.csv")), SIZE + 2),
        (MoodleExporter(), SIZE),
        (MoodleExporter(worksheet=str(tmp_path / "worksheet.csv"), assignment=["two_layer_net"]), SIZE + 1),
    ]
    with Gradebook(gradebook_url) as gradebook:
        for exporter, lines in exporters:
            exporter.to = str(tmp_path / "out.csv")
            exporter.export(gradebook)
            assert len(table.read(tmp_path / "out.csv").rows) == lines


# tables that somebody else wrote


@pytest.mark.parametrize(
    ("data", "header", "row"),
    [
        (b"a,b\n1\n", ["a", "b"], ["1", ""]),
        (b"a;b\r\n1;2,5\r\n\r\n", ["a", "b"], ["1", "2,5"]),
        ("a\tb\nä\tö\n".encode("utf-16"), ["a", "b"], ["ä", "ö"]),
        ("a,b\nä,ö\n".encode("cp1252"), ["a", "b"], ["ä", "ö"]),
        (b'\xef\xbb\xbfa,b\n"x\ny","""q"""\n', ["a", "b"], ["x\ny", '"q"']),
        (b'a,b\n="00123","=""007"""\n', ["a", "b"], ["00123", "007"]),
        (b'\xef\xbb\xbf"sep=;"\r\na;b\r\n1;"2,5, 7, 8"\r\n', ["a", "b"], ["1", "2,5, 7, 8"]),
        (b"sep=|\na|b\n1|2,5\n", ["a", "b"], ["1", "2,5"]),
        (b"sep=,,,\r\na,b\r\n1,2\r\n", ["a", "b"], ["1", "2"]),
        (b"a;b\r1;2\r", ["a", "b"], ["1", "2"]),
    ],
)
def test_a_table_is_read_in_any_common_form(data, header, row):
    read = table.parse(data)
    assert read.header == header
    assert read.rows == [row]


@pytest.mark.parametrize(("data", "why"), [(b"", "empty"), (b"\n\n", "empty"), (b"a\x00b,c\n1,2\n", None)])
def test_what_is_no_table_is_said(data, why, tmp_path):
    (tmp_path / "x.csv").write_bytes(data)
    if why:
        with pytest.raises(table.TableError, match=f"x.csv: .*{why}"):
            table.read(tmp_path / "x.csv")
    with pytest.raises(table.TableError, match="cannot be read"):
        table.read(tmp_path / "none.csv")


def test_moodle_is_told_of_what_is_above_the_maximum(found):
    one = by_id(found, "two_layer_net")["s001"]
    more = replace(one.cells[0], auto_score=one.max_score, manual_score=None, needs_human=False)
    above = replace(
        one, cells=(more, replace(more, max_score=0.0, auto_score=0.0, extra_credit=2.0)), penalty=0.0
    )
    filled = moodle.new_file([above])
    assert filled.table.rows[0][-1] == grades.points(one.max_score + 2, 2)
    assert any(
        note.startswith("s001: above the maximum") and "Unlimited grades" in note for note in filled.notes
    )
    assert not any("above the maximum" in note for note in moodle.new_file([one]).notes)
    _, possible, (*_, given) = rows(table.written(canvas.new_file([above]).table))
    assert (possible[-1], given) == (grades.points(one.max_score, 2), grades.points(one.max_score + 2, 2))

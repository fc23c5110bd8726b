"""Rosters of other systems on their way into the gradebook."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from nbgrader.api import Base, Gradebook
from sqlalchemy import create_engine

from autograder.cli.main import main
from autograder.gradebook.scores import Person, people
from autograder.lms import table
from autograder.lms.people_files import read_roster

from . import big_class
from .big_class import SIZE

ADA = Person("ada", "Ada", "Lovelace", "ada@uni.example", "77")
FILES = {
    "nbgrader": "id,first_name,last_name,email,lms_user_id\nada,Ada,Lovelace,ada@uni.example,77\n",
    "canvas": "Student,ID,SIS User ID,SIS Login ID,Section,HW (1)\n,,,,,\n    Points Possible,,,,,9\n"
    '"Lovelace, Ada",77,U1,ada@uni.example,L1,\n"Student, Test",9,,x,L1,\n',
    "canvas, names apart": "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section\nLovelace,Ada,77,U1,ada,L1\n",
    "moodle": '"First name",Surname,Username,"ID number","Email address",Groups\n'
    "Ada,Lovelace,ada,77,ada@uni.example,G1\n",
    "moodle, 4": "First name;Last name;Email address\nAda;Lovelace;ada@uni.example\n",
    "moodle, German, for Excel": "sep=;\nVorname;Nachname;ID-Nummer;Anmeldename;E-Mail-Adresse;Gruppen\n"
    "Ada;Lovelace;77;ada;ada@uni.example;G1\n",
    "moodle, French": "Prénom,Nom de famille,Adresse de courriel,Groupes\nAda,Lovelace,ada@uni.example,\n",
    "moodle, Spanish": "Nombre,Apellido(s),Dirección de correo\nAda,Lovelace,ada@uni.example\n",
    "blackboard": "Last Name\tFirst Name\tUsername\tStudent ID\tAvailability\nLovelace\tAda\tada\t4711\tYes\n",
    "brightspace": "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n"
    "#77,#ada,Lovelace,Ada,ada@uni.example,#\n",
    "more commas than semicolons": 'Login;Name;E-mail;"HW 1, 2, 3, 4, 5 (7)"\nada;"Lovelace, Ada";ada@uni.example;\n',
    "gradescope": 'First Name,Last Name,SID,Email,Sections\nAda,Lovelace,77,ada@uni.example,"L1, L2"\n',
    "canvas, for Excel": "\ufeffsep=;\r\nStudent;ID;SIS User ID;SIS Login ID;Section;HW (1)\r\n"
    ';;;;;Manual Posting\r\n"    Points Possible";;;;;9\r\n"Lovelace, Ada";77;;="ada";"L1 and L2";\r\n',
    "spreadsheet": "Login\tName\tE-mail\nada\tAda Lovelace\tada@uni.example\n",
}


@pytest.mark.parametrize("form", FILES)
def test_each_form_is_read(form):
    read = read_roster(table.parse(FILES[form].encode()))
    (person,) = read.people
    assert (person.first_name, person.last_name) == ("Ada", "Lovelace")
    assert person.id == ("ada@uni.example" if form == "canvas" else "ada")
    assert person.email in ("ada@uni.example", "")
    assert person.lms_id in ("77", "")
    assert len(read.notes) == (form == "canvas")
    if form in ("moodle", "moodle, German, for Excel"):
        assert read.groups == {"ada": "G1"}


def test_the_column_with_ids_can_be_named():
    assert read_roster(table.parse(FILES["canvas"].encode()), "SIS User ID").people[0].id == "U1"
    with pytest.raises(table.TableError, match="no column 'x'; the columns are: Student"):
        read_roster(table.parse(FILES["canvas"].encode()), "x")
    with pytest.raises(table.TableError, match="no column has an id"):
        read_roster(table.parse(b"Name,Colour\nAda,red\n"))
    with pytest.raises(table.TableError, match="rows 2 and 3 have one id, 'ada'"):
        read_roster(table.parse(b"id,name\nada,A\nada,B\n"))


@pytest.mark.parametrize("id_", ["", "../x", "a/b", ".hidden"])
def test_an_id_that_is_no_folder_name_is_left_out_and_named(id_):
    read = read_roster(table.parse(f'id,name\n"{id_}",Ada Lovelace\nok,B C\n'.encode()))
    assert [person.id for person in read.people] == ["ok"]
    assert "row 2 (Ada Lovelace): no id" in read.notes[0]


def test_github_classrooms_roster_has_its_ids_in_a_column_of_its_own():
    text = '"identifier","github_username","github_id","name"\n"ada@uni.example","adal","123",""\n"bob","","","bob"\n'
    read = read_roster(table.parse(text.encode()))
    assert [person.id for person in read.people] == ["ada@uni.example", "bob"]
    assert read.people[0].email == "ada@uni.example"
    assert read.people[1].last_name == "", "an id is no name"
    worksheet = b'Identifier,"ID number","Email address"\n"Participant 4012",ada,ada@uni.example\n'
    assert read_roster(table.parse(worksheet)).people[0].id == "ada"


def test_an_id_that_a_spreadsheet_has_rounded_is_nobodys():
    text = "Name;Matrikelnummer\nAda Lovelace;1,23457E+11\nBob Noone;2.0E+08\nEve Right;123456789012\n"
    read = read_roster(table.parse(text.encode()))
    assert [person.id for person in read.people] == ["123456789012"]
    assert "row 2 (Ada Lovelace): 1,23457E+11 is a number that a spreadsheet has rounded" in read.notes[0]
    assert len(read.notes) == 2


def test_who_dropped_out_is_left_out_and_who_stands_there_twice_is_taken_once():
    text = (
        "id,name,section,status\nada,Ada Lovelace,L1,Active\nada,Ada Lovelace,L2,\nbob,Bob Gone,L1,Dropped\n"
    )
    read = read_roster(table.parse(text.encode()))
    assert [person.id for person in read.people] == ["ada"]
    assert read.notes == [
        "row 3 (Ada Lovelace): as row 2; taken once",
        "row 4 (Bob Gone): 'Dropped' in the column of the state; left out",
    ]


def test_a_class_from_canvas_and_what_a_second_file_changes(tmp_path):
    url = f"sqlite:///{tmp_path}/gradebook.db"
    Base.metadata.create_all(create_engine(url))

    def call(text, *arguments):
        (tmp_path / "roster.csv").write_text(text)
        outcome = CliRunner().invoke(
            main, ["roster", str(tmp_path / "roster.csv"), "--db", url, *arguments], catch_exceptions=False
        )
        assert outcome.exit_code == 0, outcome.output
        return outcome.output

    assert f"{SIZE} would be new" in call(big_class.canvas_export(), "--dry-run")
    assert f"{SIZE} new, 0 changed, 0 as before" in call(big_class.canvas_export())
    assert f"0 new, 0 changed, {SIZE} as before" in call(big_class.canvas_export())
    said = call("id,email,first_name\ns001,new@uni.example,\ns900,,Eve\n")
    assert "1 new, 1 changed, 0 as before, 399 not in the file" in said
    with Gradebook(url) as gradebook:
        roster = {person.id: person for person in people(gradebook)}
    assert len(roster) == SIZE + 1
    assert roster["s001"] == Person("s001", "Łukasz", "Müller-001", "new@uni.example", "90007")
    assert CliRunner().invoke(main, ["roster", str(tmp_path / "roster.csv"), "--id", "x"]).exit_code == 2
    said = call("First name,Surname,ID number,Email address\n,,77-s,NEW@UNI.example\n,,s003,x@uni.example\n")
    assert "0 new, 2 changed, 0 as before" in said, "another system's id is known by the address"
    said = call("id,email\nt1,x@uni.example\nt2,x@uni.example\n")
    assert "2 new, 0 changed" in said, "an address of two people tells nobody"

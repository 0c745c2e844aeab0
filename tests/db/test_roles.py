"""What each role can do, compared with a table; whatever is not in the table it cannot do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from adstelle.database import Role, migrate
from tests.conftest import PASSWORD, Admin, Database, connected
from tests.core import TODAY

LOGINS: Final = {
    "adstelle_public": {Role.INTAKE, Role.MAILBOX, Role.EXCHANGE, Role.FILES, Role.FIGURES},
    "adstelle_staff": {
        Role.ACCOUNTS,
        Role.CASEWORK,
        Role.FILES,
        Role.PEOPLE,
        Role.ROTATION,
        Role.ENTRANCE,
        Role.PUBLISHING,
        Role.STATISTICS,
        Role.RENEWAL,
    },
    "adstelle_worker": {Role.DELIVERY, Role.SWEEP, Role.RETENTION, Role.NOTICE},
}
NOBODY: Final = "adstelle_test_nobody"  # what everybody may do who can connect
# role, table: privileges; columns in brackets where it is not the whole row.
ALLOWED: Final = """
adstelle_intake    intake.draft         select insert update delete
adstelle_intake    intake.report        insert
adstelle_intake    intake.part          insert
adstelle_intake    intake.wrap          insert
adstelle_intake    intake.card          insert
adstelle_intake    intake.submission    select insert
adstelle_intake    intake.handover      insert(for_mailbox,for_stelle,given_on,handover_id,report_id,stelle)
adstelle_intake    exchange.package     insert(arrived_on,handover_id,package_id,sealed,sender_name,stelle)
adstelle_intake    outbox.promise       insert(changed_on,handover_id,kind,lane,promised_on,stelle)
adstelle_intake    accounts.public_key  select

adstelle_mailbox   intake.report        select update(erasure_asked_on)
adstelle_mailbox   intake.part          select
adstelle_mailbox   intake.wrap          select insert
adstelle_mailbox   intake.handover      select insert(for_mailbox,for_stelle,given_on,handover_id,referred_by,report_id,stelle) update(erasure_answer,erasure_answered_on,erasure_asked_on,erasure_due_on,erasure_reason,withdrawn_on)
adstelle_mailbox   exchange.package     select(handover_id) insert(arrived_on,handover_id,package_id,sealed,sender_name,stelle) update(sealed,withdrawn_on)
adstelle_mailbox   mailbox.message      select insert update(read_on)
adstelle_mailbox   mailbox.notice       select(due_at,for_mailbox,for_worker,report_id,told) insert(due_at,for_mailbox,for_worker,report_id,told) update(attempts,due_at,for_mailbox,for_worker,lease,told) delete
adstelle_mailbox   mailbox.notice_key   select
adstelle_mailbox   mailbox.news         select
adstelle_mailbox   outbox.promise       select(attempts,handover_id,kind,lane,state) insert(changed_on,due_at,handover_id,kind,lane,promised_on,stelle) update(changed_on,lease,state)
adstelle_mailbox   casework.case        select(report_id,state,stelle)
adstelle_mailbox   accounts.public_key  select

adstelle_casework  intake.report        select(mailbox_key,received_on,report_id)
adstelle_casework  intake.part          select
adstelle_casework  intake.wrap          select insert
adstelle_casework  intake.handover      select(decided_on,decision,erased_on,erasure_answer,erasure_answered_on,erasure_asked_on,erasure_due_on,erasure_reason,for_stelle,given_on,handover_id,reason,referred_by,report_id,stelle,withdrawn_on) insert(for_mailbox,for_stelle,given_on,handover_id,referred_by,report_id,stelle) update(decided_on,decision,erasure_answer,erasure_answered_on,erasure_reason,reason)
adstelle_casework  exchange.package     select insert(arrived_on,handover_id,package_id,sealed,sender_name,stelle) update(decided_on,decision,reason)
adstelle_casework  mailbox.message      select insert update(read_on)
adstelle_casework  outbox.promise       select(attempts,handover_id,kind,package_id,state,stelle) insert(changed_on,handover_id,kind,lane,package_id,promised_on,stelle) update(attempts,changed_on,due_at,lease,promised_on,state)
adstelle_casework  casework.case        select update(assigned_to,changed_on,deputy,due_on,indexed,kept_on,remind_on,state)
adstelle_casework  casework.label       select insert update(sealed) delete
adstelle_casework  casework.labelled    select insert delete
adstelle_casework  casework.conflict    select insert delete
adstelle_casework  casework.record      select insert
adstelle_casework  casework.entry       select insert
adstelle_casework  casework.series      select insert update(sealed)
adstelle_casework  casework.incident    select insert update(revision,sealed,series_id)
adstelle_casework  casework.incident_link  select insert
adstelle_casework  casework.hint_answer select insert(case_id,hint_answer_id,member_id,other_id,sealed,stelle)
adstelle_casework  casework.search      select insert update(tokens)
adstelle_casework  casework.tally       select insert update(sealed)
adstelle_casework  casework.filter      select insert update(kept,made_on,sealed) delete
adstelle_casework  casework.hold        select insert update(lifted_by,lifted_on)
adstelle_casework  casework.disposal    select insert update(approved_by,approved_on) delete
adstelle_casework  casework.keeping     select
adstelle_casework  casework.step        select insert
adstelle_casework  casework.log         select insert
adstelle_casework  casework.referral    select insert update(since,state)
adstelle_casework  casework.attention   select
adstelle_casework  casework.assignment  select insert(assigned_to,assignment_id,case_id,deputy,member_id,stelle)
adstelle_casework  casework.conflict_step select insert(case_id,concerns,lifted,member_id,stelle)
adstelle_casework  casework.note        select insert(case_id,member_id,note_id,replaces,sealed,stelle)
adstelle_casework  casework.mask        select insert(case_id,member_id,revision,sealed,stelle)
adstelle_casework  casework.export      select insert(case_id,export_id,member_id,sealed,stelle)
adstelle_casework  casework.takeout     select insert(asked_by,asked_on,stelle,takeout_id) update(approved_by,approved_on,ended_by,ended_on)
adstelle_casework  casework.draft       select insert update(saved_on,sealed) delete
adstelle_casework  casework.block       select insert update(sealed) delete
adstelle_casework  casework.receipt     select delete
adstelle_casework  accounts.member      select(left_on,member_id,name,role,stelle)
adstelle_casework  accounts.public_key  select

adstelle_accounts  accounts.member      select update(codes_blocked_until,last_totp_step,own_public,passkeys_blocked_until,seen_at,wrong_codes,wrong_passkeys)
adstelle_accounts  accounts.session     select insert delete
adstelle_accounts  accounts.sign_in     select insert update(by_passkey,opened,refused)
adstelle_accounts  accounts.passkey     select insert update(doubted_on,sign_count,used_on) delete
adstelle_accounts  accounts.challenge   select insert update(expires_at,sealed) delete
adstelle_accounts  accounts.identity    select insert delete
adstelle_accounts  accounts.generation  select

adstelle_entrance  accounts.member      select update(codes_blocked_until,cost_lanes,cost_memory_kib,cost_time,joined_on,last_totp_step,login,own_public,salt,sealed_box,statistics_wrap,stelle_wrap,wrong_codes)
adstelle_entrance  accounts.invitation  select update(tries) delete
adstelle_entrance  accounts.session     select(member_id,session_id) update(sealed) delete
adstelle_entrance  accounts.stelle      select(sealed_for_recovery,stelle)
adstelle_entrance  accounts.log         insert(act,member_id,stelle)
adstelle_entrance  accounts.passkey     select(member_id) delete
adstelle_entrance  accounts.public_key  select
adstelle_entrance  accounts.generation  select

adstelle_people    accounts.member      select(created_on,demo,joined_on,left_on,login,member_id,name,role,seen_at,stelle) insert(created_on,demo,member_id,name,role,stelle) update(left_on,login,own_public,role,salt,sealed_box,statistics_wrap,stelle_wrap) delete
adstelle_people    accounts.session     select(member_id) delete
adstelle_people    accounts.passkey     select(member_id) delete
adstelle_people    accounts.identity    select(member_id) delete
adstelle_people    accounts.invitation  select(expires_at,kind,member_id,stelle) insert delete
adstelle_people    accounts.log         select(about,act,done_at,log_id,member_id,stelle) insert(about,act,member_id,stelle)
adstelle_people    counting.resealing   select(since)

adstelle_rotation  accounts.public_key  select update(created_on,encoded)
adstelle_rotation  accounts.stelle      select(stelle) update(sealed_for_recovery)
adstelle_rotation  accounts.member      select(left_on,member_id,name,own_public,stelle,stelle_wrap) update(own_public,stelle_wrap)
adstelle_rotation  accounts.session     select(expires_at,member_id,session_id) update(sealed) delete
adstelle_rotation  accounts.invitation  select(stelle) delete
adstelle_rotation  accounts.generation  select(generation,stelle) insert
adstelle_rotation  accounts.log         insert(act,member_id,stelle)

adstelle_renewal   accounts.public_key  select update(created_on,encoded)
adstelle_renewal   accounts.stelle      select(stelle) update(sealed_for_recovery)
adstelle_renewal   accounts.member      select(joined_on,left_on,member_id,name,role,statistics_wrap,stelle) update(statistics_wrap)
adstelle_renewal   accounts.session     select(member_id,session_id) update(sealed) delete
adstelle_renewal   accounts.generation  select(generation,stelle) insert
adstelle_renewal   accounts.log         select(about,act,done_at,log_id) insert(act,member_id,stelle)
adstelle_renewal   intake.card          select update(sealed)
adstelle_renewal   counting.assessment  select update(sealed)
adstelle_renewal   counting.resealing   select insert update
adstelle_renewal   figures.draft        select(draft_id,outcome,reply,state,wish) update(outcome,reply,state,wish)

adstelle_delivery  intake.report        select(received_on,report_id)
adstelle_delivery  intake.handover      select(given_on,handover_id,report_id,stelle,withdrawn_on)
adstelle_delivery  intake.wrap          select(recipient,report_id) delete
adstelle_delivery  exchange.package     select update(sealed)
adstelle_delivery  mailbox.message      select(report_id,stelle) update(for_stelle)
adstelle_delivery  outbox.promise       select update(attempts,changed_on,due_at,error,lease,state) insert(changed_on,due_at,kind,lane,promised_on,stelle)
adstelle_delivery  casework.case        select(case_id,package_id,report_id,stelle) insert(case_id,changed_on,package_id,received_on,report_id,stelle) delete
adstelle_delivery  casework.log         insert(act,case_ids,done_at,stelle)

adstelle_exchange  exchange.package     select(arrived_on,digest,package_id,sender,stelle,withdrawn_on) insert(arrived_on,digest,package_id,sealed,sender,sender_name,stelle,withdrawn_on) update(sealed,withdrawn_on)
adstelle_exchange  intake.handover      select(decided_on,decision,handover_id,reason,stelle,withdrawn_on) update(decided_on,decision,reason)
adstelle_exchange  outbox.promise       select(kind,package_id) insert(changed_on,kind,package_id,promised_on,stelle)

adstelle_files     intake.file          select(address,arrived_on,draft_id,file_id,header,message_id,position,scan,unfinished_until) insert(address,arrived_on,draft_id,file_id,report_id,unfinished_until) update(address,draft_id,header,message_id,report_id,scan,unfinished_until) delete
adstelle_files     intake.chunk         select insert delete

adstelle_sweep     intake.file          delete select(unfinished_until)
adstelle_sweep     intake.draft         delete select(expires_at)
adstelle_sweep     intake.submission    delete select(expires_at)
adstelle_sweep     accounts.session     delete select(expires_at)
adstelle_sweep     accounts.invitation  delete select(expires_at)
adstelle_sweep     accounts.challenge   delete select(expires_at)
adstelle_sweep     accounts.sign_in     delete select(hour)
adstelle_sweep     casework.receipt     delete select(expires_at)
adstelle_sweep     figures.draft        delete select(beat_at,made_at,state)

adstelle_retention intake.report        delete select(erasure_asked_on,received_on,report_id)
adstelle_retention intake.handover      select(erased_on,erasure_answer,erasure_asked_on,erasure_due_on,erasure_reason,given_on,handover_id,referred_by,report_id,stelle,withdrawn_on) update(erased_on,withdrawn_on)
adstelle_retention intake.wrap          select(recipient,report_id) delete
adstelle_retention mailbox.message      select(author,read_on,report_id,sent_on,stelle) update(for_stelle)
adstelle_retention exchange.package     delete select(erased_on,handover_id,package_id,sender,withdrawn_on) update(erased_on,sealed)
adstelle_retention outbox.promise       delete select(changed_on,handover_id,kind,package_id,state)
adstelle_retention casework.case        delete select(case_id,changed_on,due_on,kept_on,package_id,remind_on,report_id,state,stelle)
adstelle_retention casework.hold        select(case_id,held_until,lifted_on)
adstelle_retention casework.disposal    select(approved_on,case_id,proposed_on)
adstelle_retention casework.keeping     select
adstelle_retention casework.log         delete select(done_at) insert(act,case_ids,stelle)

adstelle_notice    mailbox.notice       select(attempts,due_at,for_worker,lease,report_id,told) update(attempts,due_at,for_worker,lease,told)
adstelle_notice    mailbox.notice_key   select insert update(encoded) delete
adstelle_notice    mailbox.news         select
adstelle_notice    mailbox.message      select(author,report_id)
adstelle_notice    intake.handover      select(decision,erasure_answer,report_id)

adstelle_operator  outbox.promise       select update(attempts,due_at,lease,promised_on,state)
adstelle_operator  accounts.public_key  select insert
adstelle_operator  accounts.stelle      select insert
adstelle_operator  accounts.member      insert
adstelle_operator  figures.release      select insert

adstelle_figures   figures.release      select(content,number,published_on,sha256)

adstelle_publishing figures.release     select insert
adstelle_publishing figures.draft       select insert update(approved_by,beat_at,beside,cut_off,done,handed_at,handed_by,job,outcome,publication,release,reply,sha256,state,step,total,wish) delete
adstelle_publishing figures.log         select insert
adstelle_publishing accounts.member     select(left_on,member_id,name,role)
adstelle_publishing accounts.public_key select
adstelle_statistics  intake.card            select
adstelle_statistics  counting.assessment    select
"""
SCHEMAS: Final = {
    "adstelle_intake": {"intake", "outbox", "accounts", "exchange", "scope"},
    "adstelle_mailbox": {
        "intake", "mailbox", "outbox", "accounts", "casework", "exchange", "scope",
    },
    "adstelle_casework": {
        "intake", "mailbox", "casework", "accounts", "outbox", "exchange", "counting", "scope",
    },
    "adstelle_accounts": {"accounts", "scope"},
    "adstelle_delivery": {"intake", "outbox", "casework", "exchange", "mailbox"},
    "adstelle_exchange": {"intake", "outbox", "exchange", "scope"},
    "adstelle_files": {"intake", "scope"},
    "adstelle_sweep": {"intake", "accounts", "casework", "figures"},
    "adstelle_retention": {"intake", "mailbox", "casework", "outbox", "exchange", "counting"},
    "adstelle_notice": {"mailbox", "intake"},
    "adstelle_operator": {"outbox", "accounts", "figures"},
    "adstelle_figures": {"figures"},
    "adstelle_publishing": {"figures", "accounts", "scope"},
    "adstelle_statistics": {"intake", "counting"},
    "adstelle_people": {"accounts", "counting"},
    "adstelle_rotation": {"accounts"},
    "adstelle_renewal": {"accounts", "intake", "counting", "figures"},
    "adstelle_entrance": {"accounts", "scope"},
}  # fmt: skip
OPEN_TABLES: Final = {
    "accounts.public_key",
    "mailbox.notice_key",
    "public.migration",
}
PRIVILEGES: Final = ("select", "insert", "update", "delete", "truncate", "references", "trigger")

TABLE_PRIVILEGES: Final = """
select n.nspname || '.' || c.relname as table, privilege, null as column
from pg_class c join pg_namespace n on n.oid = c.relnamespace, unnest($2::text[]) as privilege
where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname not like 'pg_toast%' and has_table_privilege($1, c.oid, privilege)
union all
select n.nspname || '.' || c.relname, privilege, a.attname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped,
    unnest(array['select', 'insert', 'update', 'references']) as privilege
where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname not like 'pg_toast%' and not has_table_privilege($1, c.oid, privilege)
    and has_column_privilege($1, c.oid, a.attnum, privilege)
"""

Granted = dict[str, set[str]]


def expected(role: str) -> Granted:
    rows = (line.split() for line in ALLOWED.splitlines() if line)
    return {table: set(privileges) for owner, table, *privileges in rows if owner == role}


async def granted(admin: Admin, role: str) -> Granted:
    """Every privilege a role has in the end, on whatever way it came to it."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in await admin.fetch(TABLE_PRIVILEGES, role, list(PRIVILEGES)):
        columns = found.setdefault((row["table"], row["privilege"]), [])
        if row["column"] is not None:
            columns.append(row["column"])
    granted: Granted = {}
    for (table, privilege), columns in found.items():
        shown = f"{privilege}({','.join(sorted(columns))})" if columns else privilege
        granted.setdefault(table, set()).add(shown)
    return granted


@pytest.fixture
async def nobody(admin: Admin) -> AsyncIterator[str]:
    """A role without any grant: has what PUBLIC has."""
    await admin.execute(f"create role {NOBODY} login noinherit password '{PASSWORD}'")
    yield NOBODY
    await admin.execute(f"drop role {NOBODY}")


@pytest.mark.parametrize("role", Role)
async def test_a_feature_role_can_do_what_the_table_says_and_no_more(
    admin: Admin, role: Role
) -> None:
    assert await granted(admin, role.value) == expected(role.value)


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_can_do_nothing_until_it_names_a_role(admin: Admin, login: str) -> None:
    assert await granted(admin, login) == {}


async def test_everybody_else_can_do_nothing(admin: Admin, nobody: str, database: Database) -> None:
    assert await granted(admin, nobody) == {}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(database.dsn(nobody))


async def test_the_table_names_every_role_there_is(admin: Admin) -> None:
    rows = await admin.fetch("select rolname from pg_roles where rolname like 'adstelle%'")
    assert {row["rolname"] for row in rows} == {*Role, *LOGINS}
    assert {line.split()[0] for line in ALLOWED.splitlines() if line} == {*Role}


async def test_no_role_has_powers_of_its_own(admin: Admin) -> None:
    powerful = await admin.fetch(
        "select rolname from pg_roles where rolname like 'adstelle%' and (rolsuper or rolinherit "
        "or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)"
    )
    owners = await admin.fetch(
        "select relname from pg_class join pg_roles r on r.oid = relowner "
        "where rolname like 'adstelle%'"
    )
    assert [*powerful, *owners] == []


async def test_a_login_is_a_member_of_its_own_roles_only(admin: Admin) -> None:
    rows = await admin.fetch(
        "select m.rolname as member, r.rolname as role, admin_option from pg_auth_members "
        "join pg_roles m on m.oid = member join pg_roles r on r.oid = roleid "
        "where m.rolname like 'adstelle%' or r.rolname like 'adstelle%'"
    )
    assert {(row["member"], row["role"]) for row in rows} == {
        (login, role) for login, roles in LOGINS.items() for role in roles
    }
    assert not any(row["admin_option"] for row in rows)


@pytest.mark.parametrize("role", [*Role, *LOGINS])
async def test_a_role_enters_its_schemas_and_makes_nothing_in_them(admin: Admin, role: str) -> None:
    ours = "select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$'"
    can = "has_schema_privilege($1, nspname, $2)"
    entered = {row[0] for row in await admin.fetch(f"{ours} and {can}", role, "usage")}
    makes = [row[0] for row in await admin.fetch(f"{ours} and {can}", role, "create")]

    assert entered == SCHEMAS.get(role, set())
    assert makes == []


@pytest.mark.parametrize("role", [*Role, *LOGINS])
async def test_a_role_uses_the_database_and_makes_nothing_in_it(admin: Admin, role: str) -> None:
    can = "select has_database_privilege($1, current_database(), $2)"
    assert await admin.fetchval(can, role, "connect") == (role in LOGINS)
    assert not await admin.fetchval(can, role, "create")
    assert not await admin.fetchval(can, role, "temporary")


async def test_no_sequence_is_open(admin: Admin) -> None:
    rows = await admin.fetch(
        "select c.oid::regclass::text, rolname from pg_class c, pg_roles where relkind = 'S' "
        "and rolname like 'adstelle%' and has_sequence_privilege(rolname, c.oid, 'usage,select,update')"
    )
    assert rows == []


async def test_row_security_is_on_wherever_a_row_belongs_to_somebody(admin: Admin) -> None:
    rows = await admin.fetch(
        "select nspname || '.' || relname as name from pg_class c join pg_namespace n "
        "on n.oid = relnamespace where relkind = 'r' and not relrowsecurity "
        "and nspname !~ '^pg_|^information_schema$'"
    )
    assert {row["name"] for row in rows} == OPEN_TABLES


async def test_a_grant_made_by_hand_is_taken_back_by_the_next_migration(
    admin: Admin, database: Database
) -> None:
    await admin.execute("grant select, truncate on intake.part to adstelle_intake")
    await admin.execute("grant update on casework.log to adstelle_casework")
    await _run_roles_again(database)
    for role in (Role.INTAKE, Role.CASEWORK):
        assert await granted(admin, role.value) == expected(role.value)


async def _run_roles_again(database: Database) -> None:
    assert await migrate(database.superuser_dsn, {}) == []


# Rows ---------------------------------------------------------------------------------------


SOMEBODY: Final = UUID(int=1)
LOOKUPS: Final = (b"\x01" * 32, b"\x02" * 32)


class Stored:
    """Two people's reports: the first given to ads_jena and ezra, the second to ezra."""

    def __init__(self) -> None:
        self.reports = (uuid4(), uuid4())
        self.members = {"ads_jena": uuid4(), "ezra": uuid4()}
        self.chosen = (("ads_jena", "ezra"), ("ezra",))
        self.reports_of: dict[UUID, UUID] = {report: report for report in self.reports}


@pytest.fixture
async def stored(admin: Admin) -> Stored:
    stored = Stored()
    for stelle, member_id in stored.members.items():
        await _store_member(admin, stelle, member_id)
    for number, report_id in enumerate(stored.reports):
        await _store_report(admin, stored, number, report_id)
    return stored


async def _store_member(admin: Admin, stelle: str, member_id: UUID) -> None:
    await admin.execute("insert into accounts.stelle values ($1, 'sealed')", stelle)
    await admin.execute(
        "insert into accounts.member (member_id, login, name, stelle, salt, cost_time, "
        "cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, created_on) "
        "values ($1, $2, 'Name', $2, '', 1, 1, 1, '', '', $3)",
        member_id, stelle, TODAY,
    )  # fmt: skip
    await admin.execute(
        "insert into accounts.session (session_id, member_id, sealed, expires_at) "
        "values ($1, $2, 'sealed', now() + interval '1 hour')",
        stelle.encode().ljust(32, b"."), member_id,
    )  # fmt: skip


async def _store_report(admin: Admin, stored: Stored, number: int, report_id: UUID) -> None:
    await admin.execute(
        "insert into intake.report values ($1, $2, $3, 'key')", report_id, TODAY, LOOKUPS[number]
    )
    for part in ("account", "contact"):
        await admin.execute("insert into intake.part values ($1, $2, 'sealed')", report_id, part)
    for recipient in ("mailbox", *stored.chosen[number]):
        await admin.execute("insert into intake.wrap values ($1, $2, 'w')", report_id, recipient)
    for stelle in stored.chosen[number]:
        case_id, handover_id = uuid4(), uuid4()
        stored.reports_of |= {case_id: report_id, handover_id: report_id}
        await admin.execute(
            "insert into intake.handover (handover_id, report_id, stelle, given_on) "
            "values ($1, $2, $3, $4)", handover_id, report_id, stelle, TODAY,
        )  # fmt: skip
        await admin.execute(
            "insert into outbox.promise (kind, handover_id, stelle, promised_on, changed_on) "
            "values ('deliver', $1, $2, $3, $3)", handover_id, stelle, TODAY,
        )  # fmt: skip
        await admin.execute(
            "insert into casework.case (case_id, report_id, stelle, received_on, changed_on) "
            "values ($1, $2, $3, $4, $4)", case_id, report_id, stelle, TODAY,
        )  # fmt: skip
        await admin.execute(
            "insert into casework.step (case_id, stelle, from_state, to_state, member_id) "
            "values ($1, $2, 'neu', 'gelesen', $3)", case_id, stelle, stored.members[stelle],
        )  # fmt: skip
        await admin.execute(
            "insert into casework.log (stelle, member_id, act, case_ids) "
            "values ($2, $3, 'case_read', array[$1::uuid])",
            case_id, stelle, stored.members[stelle],
        )  # fmt: skip
        for author in ("person", "stelle"):
            await admin.execute(message_of(author), uuid4(), report_id, stelle, TODAY)


def message_of(author: str) -> str:
    return (
        "insert into mailbox.message (message_id, report_id, stelle, author, sent_on, sealed, "
        f"for_stelle, for_mailbox) values ($1, $2, $3, '{author}', $4, '', '', '')"
    )


@asynccontextmanager
async def acting(
    database: Database, login: str, role: Role, scope: str | None, member: UUID | None = SOMEBODY
) -> AsyncIterator[Admin]:
    """Be a process: its own login, one of its roles, one scope, for somebody who works there."""
    async with connected(database.dsn(login)) as connection, connection.transaction():
        await connection.execute(f"set local role {role}")
        if scope is not None:
            await connection.execute("select set_config('adstelle.scope', $1, true)", scope)
        if member is not None:
            await connection.execute("select set_config('adstelle.member', $1, true)", str(member))
        yield connection


def _login_of(role: Role) -> str:
    return next(login for login, roles in LOGINS.items() if role in roles)


# What a role sees of the rows above: table, then who they belong to.
SEEN: Final[dict[tuple[Role, str | None], dict[str, list[int]]]] = {
    (Role.INTAKE, None): {"intake.draft": [], "intake.submission": []},
    (Role.INTAKE, LOOKUPS[0].hex()): {"intake.draft": [], "intake.submission": []},
    (Role.MAILBOX, LOOKUPS[0].hex()): {
        "intake.report": [0],
        "intake.part": [0, 0],
        "intake.wrap": [0],
        "mailbox.message": [0, 0, 0, 0],
        "intake.handover": [0, 0],
        "outbox.promise": [0, 0],
        "casework.case": [0, 0],
    },
    (Role.MAILBOX, (b"\x03" * 32).hex()): dict.fromkeys(
        ("intake.report", "intake.part", "intake.wrap", "mailbox.message", "outbox.promise",
         "casework.case", "intake.handover"), [],
    ),
    (Role.MAILBOX, None): dict.fromkeys(
        ("intake.report", "intake.part", "intake.wrap", "mailbox.message", "outbox.promise",
         "casework.case", "intake.handover"), [],
    ),
    (Role.CASEWORK, "ads_jena"): {
        "intake.report": [0],
        "intake.part": [0, 0],
        "intake.wrap": [0],
        "mailbox.message": [0, 0],
        "intake.handover": [0],
        "outbox.promise": [0],
        "casework.case": [0],
        "casework.step": [0],
    },
    (Role.CASEWORK, "ezra"): {
        "intake.report": [0, 1],
        "intake.part": [0, 0, 1, 1],
        "intake.wrap": [0, 1],
        "mailbox.message": [0, 0, 1, 1],
        "intake.handover": [0, 1],
        "outbox.promise": [0, 1],
        "casework.case": [0, 1],
        "casework.step": [0, 1],
    },
    **{
        (Role.CASEWORK, scope): dict.fromkeys(
            ("intake.report", "intake.part", "intake.wrap", "mailbox.message", "casework.case",
             "casework.step", "intake.handover", "outbox.promise"), [],
        )
        for scope in ("kokont", "", None)
    },
}  # fmt: skip


OWNERS: Final = {  # what leads to a report, where a row does not name it
    "intake.draft": "draft_id",
    "intake.submission": "submission_id",
    "outbox.promise": "handover_id",
    "casework.step": "case_id",
}


@pytest.mark.parametrize(("role", "scope"), SEEN, ids=lambda value: str(value)[:20])
async def test_a_role_sees_the_rows_of_its_scope(
    database: Database, stored: Stored, role: Role, scope: str | None
) -> None:
    async with acting(database, _login_of(role), role, scope) as connection:
        for table, owners in SEEN[role, scope].items():
            rows = await connection.fetch(f"select {OWNERS.get(table, 'report_id')} from {table}")
            reports = (stored.reports_of[row[0]] for row in rows)
            assert sorted(map(stored.reports.index, reports)) == owners, table


async def test_a_stelle_sees_its_own_members_and_log_only(
    database: Database, stored: Stored
) -> None:
    async with acting(database, "adstelle_staff", Role.CASEWORK, "ads_jena") as connection:
        members = await connection.fetch("select stelle from accounts.member")
        logged = await connection.fetch("select stelle from casework.log")
    assert [row["stelle"] for row in (*members, *logged)] == ["ads_jena", "ads_jena"]


async def test_a_session_is_seen_by_whoever_knows_its_address(
    database: Database, stored: Stored
) -> None:
    own = b"ezra".ljust(32, b".")
    async with acting(database, "adstelle_staff", Role.ACCOUNTS, own.hex()) as connection:
        rows = await connection.fetch("select session_id from accounts.session")
        ended = await connection.execute("delete from accounts.session")
    assert [row["session_id"] for row in rows] == [own]
    assert ended == "DELETE 1"


async def test_what_has_not_expired_is_not_swept(database: Database, stored: Stored) -> None:
    async with acting(database, "adstelle_worker", Role.SWEEP, None) as connection:
        assert await connection.execute("delete from accounts.session") == "DELETE 0"


HANDED: Final = (
    "insert into intake.handover (handover_id, report_id, stelle, referred_by, given_on) "
    "values ($1, $2, 'kokont', {by}, '2026-11-22')"
)
REFUSED: Final = {
    "the form reads back what it stored": (
        Role.INTAKE, None, "insert into intake.card values (gen_random_uuid(), '') returning sealed"),
    "the form counts the reports": (Role.INTAKE, None, "select count(*) from intake.report"),
    "the form stores a draft under another address": (
        Role.INTAKE, "00", "insert into intake.draft values ('\\x01', '', now())"),
    "the form deletes a submission": (Role.INTAKE, None, "delete from intake.submission"),
    "a person writes as a Stelle": (
        Role.MAILBOX, LOOKUPS[0].hex(), message_of("stelle")),
    "a person writes to a Stelle they did not choose": (
        Role.MAILBOX, LOOKUPS[1].hex(), message_of("person")),
    "a person changes what a Stelle wrote": (
        Role.MAILBOX, LOOKUPS[0].hex(), "update mailbox.message set sealed = ''"),
    "a Stelle writes as a person": (Role.CASEWORK, "ads_jena", message_of("person")),
    "a Stelle writes in another's name": (Role.CASEWORK, "ezra", message_of("stelle")),
    "a Stelle changes the log": (Role.CASEWORK, "ads_jena", "update casework.log set act = 'x'"),
    "a Stelle deletes the log": (Role.CASEWORK, "ads_jena", "delete from casework.log"),
    "a Stelle takes a step back": (Role.CASEWORK, "ads_jena", "delete from casework.step"),
    "a Stelle opens a case by itself": (
        Role.CASEWORK, "kokont", "insert into casework.case (case_id, report_id, stelle, received_on, changed_on) "
        "values (gen_random_uuid(), gen_random_uuid(), 'kokont', '2026-11-22', '2026-11-22')"),
    "a Stelle gives itself the report of another": (
        Role.CASEWORK, "kokont", "update intake.wrap set recipient = 'kokont'"),
    "a Stelle reads passphrase boxes": (
        Role.CASEWORK, "ads_jena", "select sealed_box from accounts.member"),
    "sign-in changes a passphrase box": (
        Role.ACCOUNTS, None, "update accounts.member set sealed_box = ''"),
    "sign-in reads a recovery copy": (Role.ACCOUNTS, None, "select * from accounts.stelle"),
    "whoever lets people in reads a box": (
        Role.PEOPLE, "ads_jena", "select sealed_box from accounts.member"),
    "whoever lets people in reads a key": (
        Role.PEOPLE, "ads_jena", "select stelle_wrap from accounts.member"),
    "whoever lets people in reads what comes with a code": (
        Role.PEOPLE, "ads_jena", "select key_wrap from accounts.invitation"),
    "whoever lets people in reads a session": (
        Role.PEOPLE, "ads_jena", "select sealed from accounts.session"),
    "whoever lets people in reads a passkey": (
        Role.PEOPLE, "ads_jena", "select sealed from accounts.passkey"),
    "a passkey becomes another one": (
        Role.ACCOUNTS, None, "update accounts.passkey set sealed = ''"),
    "whoever lets people in opens a case": (
        Role.PEOPLE, "ads_jena", "select * from intake.wrap"),
    "somebody is written down for another Stelle": (
        Role.PEOPLE, "ads_jena", "insert into accounts.member (member_id, name, stelle, role, created_on) "
        "values (gen_random_uuid(), 'Name', 'ezra', 'adviser', '2026-11-22')"),
    "a code is made for another Stelle's member": (
        Role.PEOPLE, "ads_jena", "insert into accounts.invitation (invitation_id, member_id, stelle, "
        "kind, expires_at) select 'x', gen_random_uuid(), 'ezra', 'join', now()"),
    "the log of people is written over": (
        Role.PEOPLE, "ads_jena", "update accounts.log set act = 'ended'"),
    "a new key opens a report": (Role.ROTATION, "ads_jena", "select * from intake.wrap"),
    "a new key reads the box of a member": (
        Role.ROTATION, "ads_jena", "select sealed_box from accounts.member"),
    "the entrance reads a session": (
        Role.ENTRANCE, None, "select sealed from accounts.session"),
    "delivery reads a report": (Role.DELIVERY, None, "select * from intake.part"),
    "delivery sends a report elsewhere": (
        Role.DELIVERY, None, "update outbox.promise set stelle = 'kokont'"),
    "the form promises a withdrawal": (
        Role.INTAKE, None, "insert into outbox.promise (kind, handover_id, stelle, promised_on, changed_on) "
        "values ('withdraw', gen_random_uuid(), 'ezra', '2026-11-22', '2026-11-22')"),
    "a person gives somebody else's report away": (
        Role.MAILBOX, LOOKUPS[0].hex(), HANDED.format(by="null")),
    "a person passes on a key without consent": (
        Role.MAILBOX, LOOKUPS[0].hex(), "insert into intake.wrap select report_id, 'kokont', '' "
        "from intake.report"),
    "a person promises to erase what they still agree to": (
        Role.MAILBOX, LOOKUPS[0].hex(), "insert into outbox.promise (kind, handover_id, stelle, "
        "promised_on, changed_on) select 'withdraw', handover_id, stelle, given_on, given_on "
        "from intake.handover"),
    "a person promises a delivery to somebody else": (
        Role.MAILBOX, LOOKUPS[0].hex(), "insert into outbox.promise (kind, handover_id, stelle, "
        "promised_on, changed_on) select 'deliver', handover_id, 'kokont', given_on, given_on "
        "from intake.handover"),
    "a person reads a sealed package": (
        Role.MAILBOX, LOOKUPS[0].hex(), "select sealed from exchange.package"),
    "a person takes the mailbox's own key for another": (
        Role.MAILBOX, LOOKUPS[0].hex(), "update intake.wrap set recipient = 'kokont'"),
    "a person has mail sent to a Stelle they did not choose": (
        Role.MAILBOX, LOOKUPS[0].hex(), "insert into outbox.promise (kind, stelle, promised_on, changed_on) "
        "values ('notice', 'kokont', '2026-11-22', '2026-11-22')"),
    "a person alarms the operator": (
        Role.MAILBOX, LOOKUPS[0].hex(), "insert into outbox.promise (kind, stelle, promised_on, changed_on) "
        "values ('alarm', 'ezra', '2026-11-22', '2026-11-22')"),
    "a Stelle hands over a report it was not given": (
        Role.CASEWORK, "ads_jena", HANDED.format(by="'ads_jena'")),
    "a Stelle hands over in another's name": (
        Role.CASEWORK, "ezra", HANDED.format(by="'ads_jena'")),
    "a Stelle passes on a key without consent": (
        Role.CASEWORK, "ads_jena", "insert into intake.wrap select report_id, 'kokont', '' "
        "from intake.report"),
    "a Stelle takes consent back": (
        Role.CASEWORK, "ads_jena", "update intake.handover set withdrawn_on = '2026-11-22'"),
    "a Stelle reads the mailbox's letter": (
        Role.CASEWORK, "ads_jena", "select for_mailbox from intake.handover"),
    "delivery takes a living key away": (
        Role.DELIVERY, None, "update intake.wrap set wrapped = ''"),
    "a partner reads what it sent": (Role.EXCHANGE, "thadine", "select sealed from exchange.package"),
    "a partner sends in another's name": (
        Role.EXCHANGE, "thadine", "insert into exchange.package (package_id, stelle, sender, arrived_on) "
        "values (gen_random_uuid(), 'ads_jena', 'ezra', '2026-11-22')"),
    "the sweep reads a draft": (Role.SWEEP, None, "select sealed from intake.draft"),
    "the log is written under another Stelle's name": (
        Role.CASEWORK, "kokont", "insert into casework.log (stelle, member_id, act, case_ids) "
        "values ('ezra', gen_random_uuid(), 'case_read', '{}')"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
async def test_it_is_refused_that(database: Database, stored: Stored, what: str) -> None:
    role, scope, statement = REFUSED[what]
    arguments = (uuid4(), stored.reports[1], "ads_jena", TODAY) if "$1" in statement else ()
    async with connected(database.dsn(_login_of(role))) as connection:
        await connection.execute(f"set role {role}")
        await connection.execute("select set_config('adstelle.scope', $1, false)", scope or "")
        await connection.execute("select set_config('adstelle.member', $1, false)", str(SOMEBODY))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement, *arguments[: statement.count("$")])


WRITING: Final = {
    Role.MAILBOX: (LOOKUPS[0].hex(), "person"),
    Role.CASEWORK: ("ezra", "stelle"),
}


@pytest.mark.parametrize("role", WRITING)
async def test_each_side_writes_in_its_own_name(
    database: Database, stored: Stored, role: Role
) -> None:
    """The counterpart of the refusals above: they do not refuse everything."""
    scope, author = WRITING[role]
    async with acting(database, _login_of(role), role, scope) as connection:
        await connection.execute(message_of(author), uuid4(), stored.reports[0], "ezra", TODAY)


async def test_a_person_ends_a_consent_and_changes_nothing_else_of_it(
    database: Database, admin: Admin, stored: Stored
) -> None:
    """Neither revived nor done: the one way is forward, and it leads to nothing left."""
    report_id = stored.reports[0]
    await admin.execute(
        "insert into exchange.package (package_id, handover_id, stelle, arrived_on, sealed) "
        "select handover_id, handover_id, stelle, given_on, 'sealed' from intake.handover"
    )
    before = (
        "update outbox.promise set state = 'withdrawn'",
        "update exchange.package set sealed = null, withdrawn_on = '2026-11-22'",
    )
    after = (
        "update outbox.promise set state = 'delivered'",
        "update exchange.package set sealed = 'other', withdrawn_on = '2026-11-22'",
        "update exchange.package set sealed = null",
    )
    async with acting(database, "adstelle_public", Role.MAILBOX, LOOKUPS[0].hex()) as connection:
        for statement in before:
            assert await connection.execute(statement) == "UPDATE 0", "consent still lives"
        end = "update intake.handover set withdrawn_on = $1 where stelle = 'ezra'"
        assert await connection.execute(end, TODAY) == "UPDATE 1"
        assert await connection.execute(end, None) == "UPDATE 0", "it is not revived"
        for statement in after:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(statement)
        for statement in before:
            assert await connection.execute(statement) == "UPDATE 1"
    rows = await admin.fetch("select report_id from intake.handover where withdrawn_on is not null")
    assert [row["report_id"] for row in rows] == [report_id]


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_cannot_become_what_it_is_not(database: Database, login: str) -> None:
    others = {*Role, "postgres", *LOGINS} - LOGINS[login] - {login}
    async with connected(database.dsn(login)) as connection:
        for other in others:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"set role {other}")


async def test_the_operator_sees_nothing_of_reports(admin: Admin, stored: Stored) -> None:
    tables = ("intake.report", "intake.part", "intake.wrap", "intake.card", "intake.draft",
              "intake.submission", "mailbox.message", "casework.case", "casework.step",
              "casework.log", "accounts.session", "accounts.sign_in", "accounts.invitation",
              "accounts.generation", "accounts.log", "accounts.passkey", "accounts.challenge",
              "accounts.identity")  # fmt: skip
    for table in tables:
        async with admin.transaction():
            await admin.execute("set local role adstelle_operator")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with admin.transaction():
                    await admin.fetch(f"select from {table}")

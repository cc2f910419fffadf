"""Migration operations that put a tenant table under row-level security."""

from django.db import migrations

# The sub-select is evaluated once a query, not once a row; nullif because the setting is '' after its transaction.
VISIBLE_HOSPITALS = "any((select nullif(current_setting('meridian.hospital_ids', true), '')::int[])::int[])"


class EnableRowLevelSecurity(migrations.RunSQL):
    """Enable and force row-level security on `table`: rows of hospitals in the open scope only.

    `allow_network_rows` also shows rows without a hospital (events and audit entries of the network itself).
    `second_hospital` names a column with another hospital that must be in the scope too.
    """

    def __init__(
        self, table: str, *, allow_network_rows: bool = False, insert_always: bool = False, second_hospital: str = ""
    ) -> None:
        self.table, self.allow_network_rows, self.insert_always = table, allow_network_rows, insert_always
        self.second_hospital = second_hospital
        visible = f"hospital_id = {VISIBLE_HOSPITALS}"
        if second_hospital:
            visible = f"({visible} and {second_hospital} = {VISIBLE_HOSPITALS})"
        if allow_network_rows:
            visible = f"(hospital_id is null or {visible})"
        insertable = "true" if insert_always else visible
        forward = f"""
            alter table {table} enable row level security;
            alter table {table} force row level security;
            create policy {table}_visible on {table} for select using ({visible});
            create policy {table}_inserted on {table} for insert with check ({insertable});
            create policy {table}_updated on {table} for update using ({visible}) with check ({visible});
            create policy {table}_deleted on {table} for delete using ({visible});
        """
        backward = f"""
            drop policy {table}_visible on {table};
            drop policy {table}_inserted on {table};
            drop policy {table}_updated on {table};
            drop policy {table}_deleted on {table};
            alter table {table} no force row level security;
            alter table {table} disable row level security;
        """
        super().__init__(forward, backward)

    def deconstruct(self) -> tuple[str, list[str], dict[str, bool | str]]:
        options: dict[str, bool | str] = {
            "allow_network_rows": self.allow_network_rows,
            "insert_always": self.insert_always,
            "second_hospital": self.second_hospital,
        }
        return self.__class__.__name__, [self.table], {name: value for name, value in options.items() if value}

"""Queries that are compiled once. Django makes the SQL of a query anew each time, some 5 µs a column.

    @compiled(user=models.BigIntegerField(), date=models.DateField())
    def logs_of_day(user, date):
        return DailyLog.objects.filter(user=user, date=date)

    logs_of_day(user=person, date=today)  # A list.

The function is called with parameters in place of the values, so its query cannot depend on them. A value of None
matches no row.
"""

from functools import update_wrapper

from django.db import connections, models, router
from django.db.models.query import ModelIterable, NamedValuesListIterable, ValuesIterable, get_related_populators
from django.db.models.utils import create_namedtuple_class


class Parameter(models.Value):
    """Takes the place of a value in a query. The field converts the value for the database."""

    def __init__(self, name: str, field: models.Field):
        super().__init__(name, output_field=field)

    def as_sql(self, compiler, connection):
        return "%s", [self]


class Statement:
    """The SQL of a query for one connection, and how its rows are read. Contains no values."""

    def __init__(self, queryset: models.QuerySet, connection):
        self.connection = connection
        self.compiler = queryset.query.get_compiler(connection.alias)
        self.sql, self.parameters = self.compiler.as_sql()
        self.converters = self.compiler.get_converters([column for column, _sql, _name in self.compiler.select])
        self.instance_of_row = reader_of(queryset, self.compiler)

    def bound(self, values: dict) -> list:
        """The values in the order of the SQL, as the database takes them. Constants of the query are among them."""
        return [
            each.output_field.get_db_prep_value(values[each.value], self.connection)
            if isinstance(each, Parameter)
            else each
            for each in self.parameters
        ]

    def rows(self, values: dict) -> list:
        with self.connection.cursor() as cursor:
            cursor.execute(self.sql, self.bound(values))
            found = cursor.fetchall()
        return [self.instance_of_row(row) for row in self.compiler.apply_converters(found, self.converters)]


def reader_of(queryset: models.QuerySet, compiler):
    """The function that converts a row as the query set does: to an instance, a dict or a named tuple."""
    query, kind = queryset.query, queryset._iterable_class
    if kind is ValuesIterable:
        return lambda row: dict(zip(query.selected, row, strict=True))
    if kind is NamedValuesListIterable:
        return create_namedtuple_class(*query.selected)._make
    if kind is not ModelIterable or query.annotations or queryset._prefetch_related_lookups:
        raise TypeError(f"Queries of {queryset.model.__name__} like this one cannot be compiled.")
    alias, width = compiler.using, len(compiler.klass_info["select_fields"])
    names = [column.target.attname for column, _sql, _name in compiler.select[:width]]
    populators = get_related_populators(compiler.klass_info, compiler.select, alias)

    def instance_of_row(row):
        instance = queryset.model.from_db(alias, names, row[:width])
        for populator in populators:
            populator.populate(row, instance)
        return instance

    return instance_of_row


class CompiledQuery:
    """Called with values by name. Returns a list of what the query set would return.

    If a value is itself an instance, such as the person, it becomes the related object of each instance, as it does
    with a related manager.
    """

    def __init__(self, function, fields: dict[str, models.Field]):
        update_wrapper(self, function)
        self.queryset = function
        self.parameters = {name: Parameter(name, field) for name, field in fields.items()}
        self.model = None

    def __call__(self, **values) -> list:
        if values.keys() != self.parameters.keys():
            raise TypeError(f"{self.__name__} takes {', '.join(self.parameters)}.")
        related = {name: value for name, value in values.items() if isinstance(value, models.Model)}
        found = self.statement().rows(values | {name: instance.pk for name, instance in related.items()})
        for instance in found:
            for name, value in related.items():
                setattr(instance, name, value)
        return found

    def statement(self) -> Statement:
        """The statement for the connection of this thread to read from. It is kept as long as the connection."""
        self.model = self.model or self.queryset(**self.parameters).model
        connection = connections[router.db_for_read(self.model)]
        statements = vars(connection).setdefault("compiled_statements", {})
        if self not in statements:
            statement = Statement(self.queryset(**self.parameters).using(connection.alias), connection)
            if unused := {*self.parameters.values()}.difference(statement.parameters):
                # A query that forgets the person would return the rows of all people.
                raise TypeError(f"The query of {self.__name__} leaves out {', '.join(each.value for each in unused)}.")
            statements[self] = statement
        return statements[self]


def compiled(**fields: models.Field):
    """Compile the query of the query set that a function returns. `fields` convert the function's parameters."""
    return lambda function: CompiledQuery(function, fields)

"""Tables in, tables out: a city as a folder of CSV, Excel or Parquet files, one JSON or one workbook."""

from wushe.io.describe import describe_format as describe_format
from wushe.io.folder import check as check
from wushe.io.folder import read as read
from wushe.io.package import FORMAT_VERSION as FORMAT_VERSION
from wushe.io.remarks import remarks as remarks
from wushe.io.writing import init as init
from wushe.io.writing import write as write

"""What the document prints, with what it leaves as "sample string" filled in for the demo's contact list."""

from collections.abc import Mapping
from typing import Any

ENC_CONTACT_ID = "AmsxAAAAAAAAAAPpq2gsbHQZc5Kt1Yp8mQ4xvT0eJ7aUuI6kKfR2n9cWzw"
VALUES = {"ReferanceAccountId": 123456, "Email": "pgannon@customerminds.com", "Mobile": "353871234567"}
CONTACT: Mapping[str, Any] = {
    "ValidationWarnings": [],
    "EncContactId": ENC_CONTACT_ID,
    "ListId": 3,
    "Values": VALUES,
}
REQUEST = {"ContactDTO": {"ListId": 3, "Values": VALUES}, "DeviceType": 1, "DeviceId": "sample string 2"}
CONTACT_ALONE = {"values": VALUES}
NEW_VALUES = {"ContactDTO": {"Values": {"Mobile": "353871234567"}}, "DeviceId": "sample string 2"}
CONTACT_LIST = {"Id": 3, "Name": "Demo", "Count": 1}
FIELD = {
    "Id": 2,
    "Name": "Email",
    "DefaultValue": None,
    "MapType": "string",
    "Position": 2,
    "ContactSchemaFieldValues": [],
}
_NAMESPACES = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="http://www.w3.org/2001/XMLSchema"'
_ARRAYS = 'xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays"'
_COMMON = 'xmlns="http://schemas.datacontract.org/2004/07/W50Common.Model.DTO"'
_VALUES_XML = f"""\
    <Values {_ARRAYS} {_COMMON}>
      <a:KeyValueOfstringanyType>
        <a:Key>ReferanceAccountId</a:Key>
        <a:Value i:type="x:int">123456</a:Value>
      </a:KeyValueOfstringanyType>
      <a:KeyValueOfstringanyType>
        <a:Key>Email</a:Key>
        <a:Value i:type="x:string">pgannon@customerminds.com</a:Value>
      </a:KeyValueOfstringanyType>
    </Values>"""
REQUEST_XML = f"""\
<ContactListsController.RegisterContactDeviceRequest {_NAMESPACES}
    xmlns="http://schemas.datacontract.org/2004/07/W50API.Controllers">
  <ContactDTO>
    <ListId {_COMMON}>3</ListId>
{_VALUES_XML}
  </ContactDTO>
  <DeviceId>sample string 2</DeviceId>
  <DeviceType>1</DeviceType>
</ContactListsController.RegisterContactDeviceRequest>"""
CONTACT_XML = f"""\
<Contact {_NAMESPACES} xmlns="http://schemas.datacontract.org/2004/07/W50API.Models.DTO">
    <EncContactId {_COMMON}>{ENC_CONTACT_ID}</EncContactId>
    <Id {_COMMON}>0</Id>
    <ListId {_COMMON}>3</ListId>
    <ValidationWarnings {_COMMON}/>
{_VALUES_XML}
</Contact>"""

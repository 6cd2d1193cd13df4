"""The names of the vendor's XML, which is what .NET's DataContractSerializer writes."""

CONTROLLERS = "http://schemas.datacontract.org/2004/07/W50API.Controllers"
MODELS = "http://schemas.datacontract.org/2004/07/W50API.Models.DTO"
COMMON = "http://schemas.datacontract.org/2004/07/W50Common.Model.DTO"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
XSD = "http://www.w3.org/2001/XMLSchema"

REQUEST = f"{{{CONTROLLERS}}}ContactListsController.RegisterContactDeviceRequest"
CONTACT = f"{{{MODELS}}}Contact"
PAIR, KEY, VALUE = (f"{{{ARRAYS}}}{name}" for name in ("KeyValueOfstringanyType", "Key", "Value"))
# Types of values that are no scalar.
PAIRS, ITEMS = "ArrayOfKeyValueOfstringanyType", "ArrayOfanyType"
ITEM = f"{{{ARRAYS}}}anyType"

"""The right calls that every case makes one mistake in."""

from dataclasses import replace

from tests.contract.bad_input.case import ADMIN, CONTACTS, MOBILE, PUSH, TOKEN, Operation

DEVICE, CLIENT_TOKEN, EMAIL, LIST, BACKEND = "12345-6789", "b14d6dfbd9d56e09f098", "known@example.com", 3, "backend-1"
APPS, RUNTIMES = "/imfpush/v1/apps", "/mfpadmin/management-apis/2.0/runtimes"
REGISTER_DEVICE = f"/contactLists/{LIST}/registerDevice"
MOBILE_DEVICES = "/mobile/platform/devices"
_CLIENT = {"id": "my.app.id", "version": "1.0", "platform": "IOS"}
_CONTACT = {
    "ContactDTO": {"Values": {"Email": EMAIL}, "ListId": LIST},
    "DeviceType": 1,
    "DeviceId": "another-device",
}
_BACKEND = {"Oracle-Mobile-Backend-ID": BACKEND}

PUSH_POST = Operation(
    "push POST",
    PUSH,
    "POST",
    f"{APPS}/myapp/devices",
    {"deviceId": "new-device", "phoneNumber": "1", "platform": "A", "token": "new-token", "userId": "joe"},
)
PUSH_PUT = Operation(
    "push PUT",
    PUSH,
    "PUT",
    f"{APPS}/myapp/devices/{DEVICE}",
    {"deviceId": DEVICE, "phoneNumber": "2", "token": "another-token", "userId": "jane"},
)
PUSH_PUT_WITHOUT_ID = replace(PUSH_PUT, body={"userId": "jane"})
PUSH_LIST = Operation("push GET list", PUSH, "GET", f"{APPS}/myapp/devices")
PUSH_GET = Operation("push GET", PUSH, "GET", f"{APPS}/myapp/devices/{DEVICE}")
PUSH_DELETE = Operation("push DELETE", PUSH, "DELETE", f"{APPS}/myapp/devices/{DEVICE}")
ADMIN_PUT = Operation("admin PUT", ADMIN, "PUT", f"{RUNTIMES}/myruntime/devices/{DEVICE}", {"status": "LOST"})
ADMIN_DELETE = Operation("admin DELETE", ADMIN, "DELETE", ADMIN_PUT.path)
ADMIN_DEVICES = Operation("admin GET devices", ADMIN, "GET", f"{RUNTIMES}/myruntime/devices")
ADMIN_TRANSACTIONS = Operation("admin GET transactions", ADMIN, "GET", f"{RUNTIMES}/myruntime/transactions")
ADMIN_TOKEN = Operation(
    "admin token",
    TOKEN,
    "POST",
    "/myruntime/api/az/v1/token",
    b"grant_type=client_credentials&scope=devices.write",
    media_type="application/x-www-form-urlencoded",
)
CONTACTS_POST = Operation("contacts POST", CONTACTS, "POST", REGISTER_DEVICE, _CONTACT)
CONTACTS_PUT = Operation("contacts PUT", CONTACTS, "PUT", f"{REGISTER_DEVICE}?match=Email", _CONTACT)
CONTACTS_PATCH = Operation(
    "contacts PATCH", CONTACTS, "PATCH", f"{REGISTER_DEVICE}?match=Email&Email={EMAIL}", _CONTACT
)
CONTACTS_LISTS = Operation("contacts GET lists", CONTACTS, "GET", "/contactLists")
MOBILE_REGISTER = Operation(
    "mobile register",
    MOBILE,
    "POST",
    f"{MOBILE_DEVICES}/register",
    {"mobileClient": _CLIENT, "notificationToken": "new-token", "notificationProvider": "APNS", "user": "joe"},
    _BACKEND,
)
MOBILE_DEREGISTER = Operation(
    "mobile deregister",
    MOBILE,
    "POST",
    f"{MOBILE_DEVICES}/deregister",
    {"mobileClient": _CLIENT, "notificationToken": CLIENT_TOKEN, "notificationProvider": "APNS"},
    _BACKEND,
)

WITH_CONTACTS = (CONTACTS_POST, CONTACTS_PUT, CONTACTS_PATCH)
WITH_JSON = (PUSH_POST, PUSH_PUT, ADMIN_PUT, *WITH_CONTACTS, MOBILE_REGISTER, MOBILE_DEREGISTER)
ONE_EACH = (PUSH_PUT, ADMIN_PUT, ADMIN_TOKEN, CONTACTS_POST, MOBILE_REGISTER)

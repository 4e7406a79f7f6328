<?php
require __DIR__ . '/../lib/db.php';

ini_set('display_errors', 1);

$patient = $_GET['patient'];
$result = mysqli_query($db, "SELECT * FROM visits WHERE patient = '$patient'");
$visits = mysqli_fetch_all($result, MYSQLI_ASSOC);

echo "<h1>Visits of " . $_GET['patient'] . "</h1>";

if (isset($_GET['template'])) {
    include 'templates/' . $_GET['template'];
}

if (isset($_COOKIE['filters'])) {
    $filters = unserialize($_COOKIE['filters']);
}
